import { StationError } from '../model/station-error.ts';

/** A whole number as an option's value. @throws StationError `station/usage` for anything else. */
export function wholeNumber(text: string, option: string, least: number, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new StationError('station/usage', {
    detail: `${option} takes a whole number from ${least} to ${most}, not "${text}".`,
  });
}
