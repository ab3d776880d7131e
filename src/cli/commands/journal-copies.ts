import { resolve } from 'node:path';
import type { Command } from 'commander';
import { restoreRecord } from '../../station/restoring.ts';
import { action, type ProgramParts } from '../context.ts';

interface BackupOptions {
  readonly out: string;
}

interface RestoreOptions {
  readonly discardNewer?: boolean;
}

/** `station journal backup | restore`. */
export function addJournalCopyCommands(journal: Command, parts: ProgramParts): void {
  const backup = journal
    .command('backup')
    .description('a verified copy of the whole record, also while a window has it open')
    .requiredOption('--out <file>', 'a new file');
  action<BackupOptions>(backup, parts, ({ output, withStation }, { out }) =>
    withStation('write-if-free', async (station) => {
      const report = await station.call('journal.backup', { path: resolve(out) });
      output.result(report, ({ path, head }) => `${path}: all rows up to ${head.seq}:${head.hash}, verified`);
      if (!report.recorded) output.note('The record does not say so: another program is its writer now.');
      return 0;
    }),
  );

  const restore = journal
    .command('restore <file>')
    .description('put a backup in the place of the record; the record that is there is kept beside')
    .option('--discard-newer', 'also where the record of now holds rows that the backup does not');
  action<RestoreOptions>(
    restore,
    parts,
    async ({ io, common, operator, output }, { discardNewer }, [file = '']) => {
      const restored = await restoreRecord({
        ...(common.home === undefined ? {} : { home: common.home }),
        env: io.env,
        file: resolve(file),
        discardNewer: discardNewer === true,
        program: 'station command',
        operator,
        clock: io.clock,
      });
      output.result(restored, ({ head, kept }) =>
        [
          `Restored up to ${head.seq}:${head.hash}.`,
          ...(kept === null ? [] : [`What was there is in ${kept}.`]),
        ].join('\n'),
      );
      return 0;
    },
  );
}
