import type { Command } from 'commander';
import type { DoctorLine } from '../../contract.ts';
import { action, type ProgramParts } from '../context.ts';
import type { Output } from '../output.ts';

/** `station doctor`. */
export function addDoctorCommand(program: Command, parts: ProgramParts): void {
  const command = program
    .command('doctor')
    .description('checks this machine: runtime, ports and rights, key store, journal, clock, servers');
  action(command, parts, ({ output, withStation }) =>
    withStation('read', async (station) => {
      const lines = await station.call('doctor', {});
      output.result(lines, (all) => findings(all, output));
      return lines.some(({ state }) => state === 'bad') ? 1 : 0;
    }),
  );
}

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
