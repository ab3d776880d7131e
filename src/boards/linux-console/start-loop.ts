import type { BoardProfile } from '../../model/profile.ts';
import type { Secret } from '../../model/secret.ts';
import { StationError } from '../../model/station-error.ts';
import type { Line } from './line.ts';
import { lastWords } from './login.ts';
import { missingTool, newNonce, TOOLS } from './quiet-loop.ts';
import { bootstrap } from './scripts.ts';

/** How long the first words may take to answer, without their time on the line. Milliseconds. */
const ANSWER_MS = 4_000;
const MOST_TRIES = 3;

/**
 * Turns a shell prompt into the wait for the quiet loop: no echo, no prompt, root where the profile says how.
 *
 * @param password the one that the login took; sudo is given the same.
 * @returns the nonce of the session.
 * @throws StationError `board/no-shell`, `board/not-root`, `board/tool-missing`.
 */
export async function startLoop(
  line: Line,
  profile: BoardProfile,
  password: Secret<string> | null,
  signal: AbortSignal,
): Promise<string> {
  const { user, become } = profile.login;
  const usesSudo = become === 'sudo' && user !== 'root';
  for (let tries = 1; ; tries += 1) {
    const nonce = newNonce();
    const marker = usesSudo ? newNonce() : null;
    const words = `${bootstrap(nonce, marker)}\r`;
    line.take();
    await line.send(words, signal);
    const deadline = line.clock.monotonic() + ANSWER_MS + 2 * line.duration(words.length);
    let asked = false;
    while (line.clock.monotonic() < deadline) {
      const { text } = line;
      // Behind whatever control sequences the shell's line editor ends with.
      if (new RegExp(`@${nonce}\\r?\\n`).test(text)) {
        line.take();
        line.quieten();
        return nonce;
      }
      // A line of its own, and not the echo of the words.
      const tool =
        text
          .split('\n')
          .slice(1)
          .map(missingTool)
          .find((found) => found !== null) ?? null;
      if (tool !== null) throw new StationError('board/tool-missing', { tool, remedy: TOOLS });
      if (marker !== null && text.includes(marker)) {
        if (asked || password === null) {
          await line.send('\x03', signal, 'no exchange');
          throw notRoot(user, asked ? 'sudo did not take its password' : 'sudo asks for a password');
        }
        asked = true;
        line.take();
        await line.sendPassword(password.reveal(), '\n', signal);
      }
      if (/not (in the sudoers file|allowed to)|may not run sudo/i.test(text))
        throw notRoot(user, 'sudo refuses');
      await line.wait(Math.min(500, deadline - line.clock.monotonic()), signal);
    }
    if (tries >= MOST_TRIES) throw new StationError('board/no-shell', { detail: lastWords(line) });
    // A byte was lost, or somebody wrote over it: an open quote is ended, the line is wiped.
    await line.send('\x03\x15\r', signal, 'no exchange');
    await line.wait(300, signal);
  }
}

function notRoot(user: string, detail: string): StationError {
  return new StationError('board/not-root', { user, detail });
}
