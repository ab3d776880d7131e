/** `date`. */
import { NotSimulated } from '../not-simulated.ts';
import type { Program } from '../shell/program.ts';
import { readOptions } from './options.ts';

const two = (value: number): string => String(value).padStart(2, '0');

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** Formats a moment as `date +FORMAT` does, in UTC. */
export function formatDate(time: number, pattern: string): string {
  const date = new Date(time);
  const day = days[date.getUTCDay()] ?? '';
  const month = months[date.getUTCMonth()] ?? '';
  return pattern.replace(/%(-?)(.)/gu, (whole, flag: string, letter: string) => {
    const bare = (text: string): string => (flag === '-' ? text.replace(/^0+(?=.)/u, '') : text);
    switch (letter) {
      case 's':
        return String(Math.floor(time / 1000));
      case 'N':
        return String(time % 1000)
          .padStart(3, '0')
          .padEnd(9, '0');
      case 'Y':
        return String(date.getUTCFullYear());
      case 'y':
        return two(date.getUTCFullYear() % 100);
      case 'm':
        return bare(two(date.getUTCMonth() + 1));
      case 'd':
        return bare(two(date.getUTCDate()));
      case 'e':
        return String(date.getUTCDate()).padStart(2);
      case 'H':
        return bare(two(date.getUTCHours()));
      case 'M':
        return bare(two(date.getUTCMinutes()));
      case 'S':
        return bare(two(date.getUTCSeconds()));
      case 'Z':
        return 'UTC';
      case 'z':
        return '+0000';
      case 'a':
        return day.slice(0, 3);
      case 'A':
        return day;
      case 'b':
        return month.slice(0, 3);
      case 'B':
        return month;
      case 'F':
        return formatDate(time, '%Y-%m-%d');
      case 'T':
        return formatDate(time, '%H:%M:%S');
      case 'R':
        return formatDate(time, '%H:%M');
      case 'n':
        return '\n';
      case '%':
        return '%';
      default:
        throw new NotSimulated(`date +${whole}`);
    }
  });
}

function parseDate(text: string): number | undefined {
  const seconds = /^@([0-9]+)(?:\.[0-9]*)?$/u.exec(text)?.[1];
  if (seconds !== undefined) return Number(seconds) * 1000;
  const match =
    /^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?(?:\.[0-9]+)?)?\s*(?:Z|UTC)?$/u.exec(
      text,
    );
  if (!match) return undefined;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = match
    .slice(1)
    .map((part) => Number((part as string | undefined) ?? 0));
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** `date`: shows a moment, or sets the clock. */
export const date: Program = async (run) => {
  const { values, rest } = readOptions(run, {
    flags: 'u',
    valued: 'sdD',
    long: { utc: 'u', set: 's', date: 'd' },
  });
  const setTo = values.get('s') ?? (/^[0-9]/u.test(rest[0] ?? '') ? rest[0] : undefined);
  let time = run.machine.now();
  const shown = values.get('d');
  const given = setTo ?? shown;
  if (given !== undefined && given !== 'now') {
    const parsed = parseDate(given);
    if (parsed === undefined) return run.fail(`invalid date '${given}'`);
    time = parsed;
  }
  let status = 0;
  if (setTo !== undefined) {
    if (run.process.who.uid !== 0)
      status = run.fail(
        run.machine.flavour === 'busybox'
          ? "can't set date: Operation not permitted"
          : 'cannot set date: Operation not permitted',
      );
    else run.machine.setTime(time);
  }
  const pattern = rest.find((word) => word.startsWith('+'))?.slice(1) ?? '%a %b %e %H:%M:%S %Z %Y';
  await run.out(`${formatDate(time, pattern)}\n`);
  return status;
};
