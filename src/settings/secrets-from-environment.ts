import { Secret } from '../model/secret.ts';

/** What a caller may hand over by the environment; null where it did not. */
export interface EnvironmentSecrets {
  readonly password: Secret<string> | null;
  /** A personal access token. */
  readonly token: Secret<string> | null;
  readonly tenantToken: Secret<string> | null;
  readonly apiKey: Secret<string> | null;
  readonly boardPassword: Secret<string> | null;
  readonly keyPassphrase: Secret<string> | null;
  /** Of the operator. */
  readonly pin: Secret<string> | null;
  /** For a person who is added or changed. */
  readonly newPin: Secret<string> | null;
  readonly newBadge: Secret<string> | null;
}

/** Where nothing came by the environment. */
export const NO_SECRETS: EnvironmentSecrets = {
  password: null,
  token: null,
  tenantToken: null,
  apiKey: null,
  boardPassword: null,
  keyPassphrase: null,
  pin: null,
  newPin: null,
  newBadge: null,
};

/**
 * Reads the secrets in the environment and deletes them from it, so that no child process and no crash report gets them.
 * Belongs in the first lines of a process. What the kernel shows of the process's start (`/proc/<pid>/environ`, to the
 * same user and root) no program can take back.
 */
export function takeSecrets(env: Record<string, string | undefined> = process.env): EnvironmentSecrets {
  const take = (name: string): Secret<string> | null => {
    const value = env[name];
    Reflect.deleteProperty(env, name);
    return value === undefined || value === '' ? null : new Secret(value);
  };
  return {
    password: take('STATION_PASSWORD'),
    token: take('STATION_TOKEN'),
    tenantToken: take('STATION_TENANT_TOKEN'),
    apiKey: take('STATION_API_KEY'),
    boardPassword: take('STATION_BOARD_PASSWORD'),
    keyPassphrase: take('STATION_KEY_PASSPHRASE'),
    pin: take('STATION_PIN'),
    newPin: take('STATION_NEW_PIN'),
    newBadge: take('STATION_NEW_BADGE'),
  };
}
