import { describe, expect, test } from 'vitest';
import {
  AS_FOUND,
  paramsOf,
  unknownColumns,
  type FileChoices,
} from '../../renderer/features/batches/file-choices.ts';

const FOUND = [
  { name: 'mac', use: 'identity' },
  { name: 'id.imei', use: 'identity' },
  { name: 'Seriennummer', use: 'unknown' },
  { name: 'Lieferant', use: 'unknown' },
  { name: 'pubkey', use: 'pubkey' },
];
const said = (columns: FileChoices['columns']): FileChoices => ({ ...AS_FOUND, columns });

describe('what a person says of a file', () => {
  test('is nothing where they say nothing', () => {
    expect(paramsOf(AS_FOUND, FOUND)).toEqual({});
    expect(unknownColumns(FOUND, AS_FOUND)).toEqual(['Seriennummer', 'Lieferant']);
  });

  test('adds a column to the identity that was found, by the name that boards have for it', () => {
    const choices = said({
      Seriennummer: { use: 'identity', attribute: ' serial ' },
      Lieferant: { use: 'ignored' },
    });
    expect(paramsOf(choices, FOUND)).toEqual({
      identity: ['mac', 'id.imei', 'serial=Seriennummer'],
      ignore: ['Lieferant'],
    });
    expect(unknownColumns(FOUND, choices)).toEqual([]);
  });

  test('takes a column out of the identity, or gives it another name there', () => {
    const out = said({ mac: { use: 'ignored' }, Seriennummer: { use: 'identity', attribute: '' } });
    expect(paramsOf(out, FOUND)).toEqual({ identity: ['id.imei', 'Seriennummer'], ignore: ['mac'] });
    const other = said({ mac: { use: 'identity', attribute: 'ethaddr' } });
    expect(paramsOf(other, FOUND)).toEqual({ identity: ['id.imei', 'ethaddr=mac'] });
  });

  test('names the tier and the server that the rows are held against', () => {
    expect(paramsOf({ columns: {}, tier: 'micro', server: 'factory' }, FOUND)).toEqual({
      tier: 'micro',
      server: 'factory',
    });
  });
});
