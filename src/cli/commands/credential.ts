import type { Command } from 'commander';
import { action, type ProgramParts } from '../context.ts';
import { askSecret, readSecret } from '../prompt.ts';

/** `station credential set | remove`. */
export function addCredentialCommands(program: Command, parts: ProgramParts): void {
  const credential = program
    .command('credential')
    .description('passwords of boards, under the names by which profiles mention them');
  const set = credential
    .command('set <name>')
    .description('store a password (STATION_BOARD_PASSWORD, --password-stdin or the prompt)')
    .option('--password-stdin', 'read it from stdin');
  action<{ readonly passwordStdin?: boolean }>(
    set,
    parts,
    ({ io, output, secrets, withStation }, { passwordStdin }, [name = '']) =>
      withStation('write', async (station) => {
        const password =
          passwordStdin === true
            ? await readSecret(io)
            : (secrets.boardPassword ??
              (await askSecret(
                io,
                `Password "${name}" of boards`,
                'Give it with --password-stdin or in STATION_BOARD_PASSWORD.',
              )));
        await station.call('credential.set', { name, password: password.reveal() });
        output.result({ stored: name }, () => `Stored the password "${name}".`);
        return 0;
      }),
  );
  action(
    credential.command('remove <name>').description('forget a password'),
    parts,
    ({ output, withStation }, _, [name = '']) =>
      withStation('write', async (station) => {
        await station.call('credential.set', { name, password: null });
        output.result({ removed: name }, () => `Forgot the password "${name}".`);
        return 0;
      }),
  );
}
