import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NO_SECRETS, takeSecrets } from '../../../src/settings/index.ts';

const SECRETS = {
  STATION_PASSWORD: 'canary-1',
  STATION_TOKEN: 'canary-2',
  STATION_TENANT_TOKEN: 'canary-3',
  STATION_BOARD_PASSWORD: 'canary-4',
  STATION_KEY_PASSPHRASE: 'canary-5',
  STATION_PIN: 'canary-6',
  STATION_NEW_PIN: 'canary-7',
  STATION_NEW_BADGE: 'canary-8',
};

describe('secrets from the environment', () => {
  it('are taken out of it, all of them, and of it nothing else', () => {
    const env: Record<string, string | undefined> = { ...SECRETS, STATION_HOME: '/x' };
    const taken = takeSecrets(env);
    expect(env).toEqual({ STATION_HOME: '/x' });
    expect(taken.password?.reveal()).toBe('canary-1');
    expect(taken.token?.reveal()).toBe('canary-2');
    expect(taken.tenantToken?.reveal()).toBe('canary-3');
    expect(taken.boardPassword?.reveal()).toBe('canary-4');
    expect(taken.keyPassphrase?.reveal()).toBe('canary-5');
    expect(taken.pin?.reveal()).toBe('canary-6');
    expect(taken.newPin?.reveal()).toBe('canary-7');
    expect(taken.newBadge?.reveal()).toBe('canary-8');
    expect(JSON.stringify(taken)).not.toContain('canary');
  });

  it('that are empty or not there are null', () => {
    const env: Record<string, string | undefined> = { STATION_TOKEN: '' };
    expect(takeSecrets(env)).toEqual(NO_SECRETS);
    expect('STATION_TOKEN' in env).toBe(false);
  });

  it('reach no child of a process that took them', () => {
    const script = `
      import { execFileSync } from 'node:child_process';
      import { takeSecrets } from '${join(import.meta.dirname, '../../../src/settings/secrets-from-environment.ts')}';
      takeSecrets();
      process.stdout.write(execFileSync(process.execPath, ['-e', 'console.log(JSON.stringify(process.env))']));`;
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...process.env, ...SECRETS },
      encoding: 'utf8',
    });
    expect(output).toContain('PATH');
    for (const value of Object.values(SECRETS)) expect(output).not.toContain(value);
  });
});
