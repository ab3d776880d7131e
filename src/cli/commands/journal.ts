import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { CallInput, RecordView } from '../../contract.ts';
import { StationError } from '../../model/station-error.ts';
import { wholeNumber } from '../numbers.ts';
import { action, type ProgramParts } from '../context.ts';
import { table } from '../output.ts';
import { addJournalCopyCommands } from './journal-copies.ts';
import { addJournalDropCommand } from './journal-drop.ts';
import { addJournalExportCommand } from './journal-export.ts';
import { addJournalVerifyCommand } from './journal-verify.ts';

interface ListOptions {
  readonly identity?: string;
  readonly find?: string;
  readonly since?: string;
  readonly limit: string;
}

interface SheetOptions {
  readonly out: string;
  readonly force?: boolean;
}

/** `station journal`: `list`, `sheet`, `verify` and what is done with the record as a whole. */
export function addJournalCommands(program: Command, parts: ProgramParts): void {
  const journal = program.command('journal').description('the record of every job');
  const list = journal
    .command('list')
    .description('ended jobs, newest first')
    .option('--identity <key=value>', 'only boards with this identity value')
    .option('--find <text>', 'only boards with an identity value that begins so, e.g. part of a MAC address')
    .option('--since <time>', 'ISO 8601, e.g. 2026-11-21T08:00:00Z')
    .option('--limit <n>', 'how many at most', '100');
  action<ListOptions>(list, parts, ({ output, withStation }, { identity, find, since, limit }) =>
    withStation('read', async (station) => {
      const records = await station.call('journal.list', {
        limit: wholeNumber(limit, '--limit', 1, 100_000),
        ...wanted(identity, find),
        ...(since === undefined ? {} : { since }),
      });
      output.result(records, listing);
      return 0;
    }),
  );
  const sheet = journal
    .command('sheet')
    .description(
      'the sheet of an ended job as a PDF: a hand-over sheet, a certificate, or a report of what failed',
    )
    .argument('<job>', 'its id, as the list has it')
    .requiredOption('--out <file>', 'the PDF to write')
    .option('--force', 'overwrite a PDF of that name');
  action<SheetOptions>(sheet, parts, ({ output, withStation }, { out, force }, [job = '']) =>
    withStation('read', async (station) => {
      const written = await station.call('rekey.sheet', { job, path: resolve(out), force: force === true });
      output.result(written, ({ path }) => path);
      return 0;
    }),
  );
  addJournalVerifyCommand(journal, parts);
  addJournalExportCommand(journal, parts);
  addJournalCopyCommands(journal, parts);
  addJournalDropCommand(journal, parts);
}

function wanted(
  identity: string | undefined,
  find: string | undefined,
): Pick<CallInput<'journal.list'>, 'identity'> {
  if (identity !== undefined && find !== undefined)
    throw new StationError('station/usage', { detail: 'Give --identity or --find, not both.' });
  if (find !== undefined) return { identity: { value: find, match: 'prefix' } };
  return identity === undefined ? {} : { identity: attribute(identity) };
}

function attribute(text: string): { readonly key: string; readonly value: string } {
  const at = text.indexOf('=');
  if (at < 1)
    throw new StationError('station/usage', { detail: `--identity takes key=value, not "${text}".` });
  return { key: text.slice(0, at), value: text.slice(at + 1) };
}

function listing(records: readonly RecordView[]): string {
  if (records.length === 0) return 'No records.';
  return table(
    ['TIME', 'FLOW', 'VERDICT', 'IDENTITY', 'SLOT', 'DEVICE', 'KEY', 'PROOF', 'SECONDS', 'ERROR'],
    records.map((record) => [
      record.at,
      record.flow,
      record.verdict,
      record.identity ?? '',
      record.slot,
      record.deviceId ?? '',
      record.keyFingerprint?.slice(0, 19) ?? '',
      record.proof ?? '',
      (record.ms / 1000).toFixed(1),
      record.error?.code ?? '',
    ]),
  );
}
