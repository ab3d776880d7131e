import type { Command } from 'commander';
import { systemClock } from '../../model/clock.ts';
import { StationError } from '../../model/station-error.ts';
import { action, type ProgramParts } from '../context.ts';
import { wholeNumber } from '../numbers.ts';
import { findings } from './doctor.ts';

interface ShiftOptions {
  readonly server: string;
  readonly until?: string;
  readonly hours?: string;
  readonly units?: string;
  readonly batch?: string;
}

/** `station shift-check`. */
export function addShiftCheckCommand(program: Command, parts: ProgramParts): void {
  const command = program
    .command('shift-check')
    .description(
      'before a shift: do server, certificate, login, limit, disk, clock and record last until its end?',
    )
    .requiredOption('--server <name>', 'the server that boards are accepted at')
    .option('--until <hh:mm>', 'its end, by the clock of this machine')
    .option('--hours <n>', 'its length, 8 where nothing is said')
    .option('--units <n>', 'how many boards are to be accepted')
    .option('--batch <name>', 'the batch whose boards those are');
  action<ShiftOptions>(
    command,
    parts,
    ({ io, output, withStation }, { server, until, hours, units, batch }) => {
      if (until !== undefined && hours !== undefined)
        throw new StationError('station/usage', { detail: 'Give --until or --hours, not both.' });
      const now = (io.clock ?? systemClock).now();
      const wish = {
        server,
        ...(until === undefined ? {} : { until: endOf(until, now) }),
        ...(hours === undefined ? {} : { hours: wholeNumber(hours, '--hours', 1, 168) }),
        ...(units === undefined ? {} : { units: wholeNumber(units, '--units', 0, 10_000_000) }),
        ...(batch === undefined ? {} : { batch }),
      };
      // As the writer where nobody else is: whether the record can be written is tried by opening it.
      return withStation('write-if-free', async (station) => {
        const report = await station.call('shift.check', wish, io.interrupted);
        const bad = report.lines.filter(({ state }) => state === 'bad').length;
        output.result(report, ({ until: end, lines }) => {
          const verdict =
            bad === 0
              ? `The shift can begin (until ${end}).`
              : `${bad} thing(s) to mend before the shift (until ${end}).`;
          return `${findings(lines, output)}\n${verdict}`;
        });
        return bad === 0 ? 0 : 1;
      });
    },
  );
}

/** `HH:MM` of today, or of tomorrow where that has passed. */
function endOf(text: string, now: number): string {
  const [, hours, minutes] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  if (hours === undefined || minutes === undefined)
    throw new StationError('station/usage', { detail: `--until takes a time as HH:MM, not "${text}".` });
  const end = new Date(now);
  end.setHours(Number(hours), Number(minutes), 0, 0);
  if (end.getTime() <= now) end.setDate(end.getDate() + 1);
  return end.toISOString();
}
