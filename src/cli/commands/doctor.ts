import type { Command } from 'commander';
import type { DoctorLine } from '../../contract.ts';
import type { ErrorCode } from '../../model/error-table.ts';
import { StationError } from '../../model/station-error.ts';
import { examineUnopened } from '../../station/doctor.ts';
import { action, type ProgramParts } from '../context.ts';
import type { ExitStatus } from '../exit-status.ts';
import type { Output } from '../output.ts';

/** `station doctor`. */
export function addDoctorCommand(program: Command, parts: ProgramParts): void {
  const command = program
    .command('doctor')
    .description('checks this machine: runtime, ports and rights, key store, journal, clock, servers');
  action(command, parts, async ({ output, withStation, common, io }) => {
    const show = (lines: readonly DoctorLine[]): ExitStatus => {
      output.result(lines, (all) => findings(all, output));
      return lines.some(({ state }) => state === 'bad') ? 1 : 0;
    };
    try {
      return await withStation('read', async (station) => show(await station.call('doctor', {})));
    } catch (thrown) {
      // Whoever asks what is wrong with a machine wants to see the rest of it, too.
      if (!(thrown instanceof StationError) || REFUSED.has(thrown.code)) throw thrown;
      const lines = await examineUnopened({ ...common, env: io.env }, thrown);
      if (lines === null) throw thrown;
      return show(lines);
    }
  });
}

/** What is wrong with who asks, and not with the machine. */
const REFUSED: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'station/locked',
  'station/not-permitted',
  'station/sign-in-refused',
  'station/sign-in-waits',
  'station/unknown-person',
  'station/usage',
]);

/** Findings as lines, each with how to mend it. */
export function findings(lines: readonly DoctorLine[], output: Output): string {
  const marks = {
    ok: output.style('green', 'ok  '),
    note: output.style('yellow', 'note'),
    bad: output.style('red', 'BAD '),
  };
  return lines
    .flatMap(({ check, state, text, remedy }) => [
      `${marks[state]}  ${check}: ${text}`,
      ...(remedy === null ? [] : [`      ${remedy}`]),
    ])
    .join('\n');
}
