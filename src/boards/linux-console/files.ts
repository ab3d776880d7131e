import { createHash } from 'node:crypto';
import { StationError } from '../../model/station-error.ts';
import type { BoardFiles, FileReading, FileToStage } from '../driver.ts';
import type { Piece } from './line.ts';
import { quote } from './quiet-loop.ts';
import { replying } from './scripts.ts';
import { lines, section, type Section } from './sections.ts';

/** What a staged file's name ends in: never `~`, which is mender-client's own. */
const STAGED_SUFFIX = '.station';

/** Shell text: V replies, as section b, with the hashes of a file and of the one that is staged beside it. */
const READ_FILE = `V(){ l "$1";p b;for q in "$r" "$r${STAGED_SUFFIX}";do if [ -f "$q" ];then sha256sum<"$q";else echo -;fi;done;}`;

/** Runs commands on the board; the reply's sections. */
export type Run = (
  command: readonly Piece[],
  options: { readonly step: string; readonly ms: number },
) => Promise<readonly Section[]>;

/** The files of a board that the station brings beside the client's own, on a console. */
export function consoleFiles(run: Run, ms: number): BoardFiles {
  function readings(paths: readonly string[], reply: readonly Section[]): readonly FileReading[] {
    const found = reply.filter(({ key }) => key === 'b').map(lines);
    return paths.map((path, index) => {
      const [inPlace = '', staged = ''] = found[index] ?? [];
      return { path, sha256: hashOf(inPlace), stagedSha256: hashOf(staged) };
    });
  }
  const tell = (paths: readonly string[]): string => paths.map((path) => `V ${quote(path)}`).join(';');

  return {
    async read(paths) {
      const reply = await run([`${READ_FILE};${replying(tell(paths))}`], { step: 'look at files', ms });
      return readings(paths, reply);
    },

    async stage(files) {
      const pieces: Piece[] = [
        `W(){ d=$\{1%/*};[ -d "$d" ]||{ mkdir -p "$d"&&sync;};l "$1";t=$r${STAGED_SUFFIX};p w;rm -f "$t";echo "$3"|base64 -d>"$t"&&chmod $2 "$t"&&y "$t"&&sha256sum<"$t"||rm -f "$t";}`,
        ';B=$({ p s;',
      ];
      for (const { path, content, mode, masked } of files) {
        const text = Buffer.from(Buffer.from(content.reveal()).toString('base64'), 'latin1');
        pieces.push(
          `W ${quote(path)} ${mode.toString(8)} `,
          masked === null ? text.toString('latin1') : { masked, bytes: text },
          ';',
        );
      }
      pieces.push('} </dev/null 2>&1|base64)');
      const reply = await run(pieces, { step: 'stage', ms });
      const written = reply.filter(({ key }) => key === 'w').map(lines);
      const [wrong] = files.filter(
        ({ content }, index) => hashOf(written[index]?.[0] ?? '') !== sha256(content.reveal()),
      );
      if (wrong !== undefined) throw stageFault(wrong, written.flat().join(' '));
    },

    async putInPlace(paths) {
      const named = paths.map((path, index) => `l ${quote(path)};t${index}=$r`).join(';');
      const names = paths.map((_, index) => `$t${index}`);
      const present = names.map((name) => `[ -f "${name}${STAGED_SUFFIX}" ]`).join('&&');
      const moves = names
        .map((name, index) => `mv -f "${name}${STAGED_SUFFIX}" "${name}"&&m=${index + 1}`)
        .join('&&');
      const lasting = names.map((name) => `y "${name}"`).join(';');
      const text = `${READ_FILE};trap '' 1 2;B=$({ ${named};m=0;p s;${present}&&${moves};p m $m;${lasting};${tell(paths)};} </dev/null 2>&1|base64);trap z 1 2`;
      const reply = await run([text], { step: 'switch', ms });
      const moved = Number(section(reply, 'm').args[0] ?? 0);
      if (moved < paths.length) {
        const words = lines(section(reply, 's')).join(' ').slice(0, 200);
        const detail =
          moved === 0 ? words || 'what was staged is gone' : `${words} (${moved} of ${paths.length} files)`;
        throw new StationError(moved === 0 ? 'board/switch-failed' : 'board/switch-unknown', { detail });
      }
      return readings(paths, reply);
    },

    async discard(paths) {
      const removed = paths.map((path) => `l ${quote(path)};rm -f "$r${STAGED_SUFFIX}"`).join(';');
      await run([replying(removed)], { step: 'discard', ms });
    },
  };
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

function hashOf(line: string): string | null {
  return /^[0-9a-f]{64}/.exec(line)?.[0] ?? null;
}

/** Why a file is not staged, from the words of the board's tools, which are the kernel's own. */
function stageFault({ path }: FileToStage, words: string): StationError {
  if (/no space left|disk quota/i.test(words)) return new StationError('board/disk-full', { path, free: 0 });
  if (/read-only file system/i.test(words)) return new StationError('board/read-only', { path });
  return new StationError('board/stage-mismatch', {}, { cause: words });
}
