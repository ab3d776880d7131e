import type { StationApi } from '../contract.ts';
import { hasEncryptedKey } from '../keys/index.ts';
import type { CommandContext } from './context.ts';
import { askSecret } from './prompt.ts';

/** What a call that works on boards needs besides its options. */
interface BoardSecrets {
  readonly password?: string;
  readonly passphrase?: string;
}

/**
 * Asks at the terminal for what the boards will need and nobody gave: the password of a login for which none is stored, and
 * the passphrase of encrypted keys. Without a terminal nothing is asked: the board or the import then says what is missing.
 */
export async function askForBoards(
  { io, secrets }: Pick<CommandContext, 'io' | 'secrets'>,
  station: Pick<StationApi, 'call'>,
  { profile: name, key }: { readonly profile: string; readonly key?: string | undefined },
): Promise<BoardSecrets> {
  if (!io.stdin.isTTY) return {};
  const given: { password?: string; passphrase?: string } = {};
  if (secrets.boardPassword === null) {
    const { login } = await station.call('profile.show', { name });
    const { credentials } = await station.call('snapshot', {});
    if (!login.credentials.some((credential) => credentials.includes(credential))) {
      const answer = await askSecret(io, `Password of ${login.user} on the boards (empty: none)`, '');
      if (answer.reveal() !== '') given.password = answer.reveal();
    }
  }
  const directory = /^import:(.+)$/.exec(key ?? '')?.[1];
  if (directory !== undefined && secrets.keyPassphrase === null && (await hasEncryptedKey(directory))) {
    const answer = await askSecret(io, `Passphrase of the keys in ${directory}`, '');
    if (answer.reveal() !== '') given.passphrase = answer.reveal();
  }
  return given;
}
