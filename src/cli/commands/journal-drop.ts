import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { DropView } from '../../contract.ts';
import { StationError } from '../../model/station-error.ts';
import { action, type ProgramParts } from '../context.ts';

interface DropOptions {
  readonly dir?: string;
  readonly off?: boolean;
}

/** `station journal drop`. */
export function addJournalDropCommand(journal: Command, parts: ProgramParts): void {
  const command = journal
    .command('drop')
    .description(
      'put a JSON file for each job that ends from now on into a folder, for another system; how it is, without options',
    )
    .option('--dir <folder>', 'the folder, which has to be there')
    .option('--off', 'put no more files there');
  action<DropOptions>(command, parts, ({ output, withStation }, { dir, off }) => {
    if (dir !== undefined && off === true)
      throw new StationError('station/usage', { detail: 'Give --dir or --off, not both.' });
    const change = dir === undefined ? (off === true ? { folder: null } : {}) : { folder: resolve(dir) };
    return withStation('folder' in change ? 'write' : 'read', async (station) => {
      const view = await station.call('journal.drop', change);
      output.result(view, told);
      return view.error === null ? 0 : 1;
    });
  });
}

function told({ folder, waiting, error }: DropView): string {
  if (folder === null) return error ?? 'No drop folder.';
  return `${folder}: ${waiting} record(s) waiting${error === null ? '' : `: ${error}`}`;
}
