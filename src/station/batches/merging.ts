import type { BatchMergeReport, MergedFile } from '../../contract/batch-shares.ts';
import type { BatchView } from '../../contract/batches.ts';
import type { BatchUnitRecord, JournalReader } from '../../journal/index.ts';
import type { BatchRecord } from '../../model/batch.ts';
import type { BatchEvent } from '../../model/batch-event.ts';
import { canonicalIdentity, identityLabel } from '../../model/identity.ts';
import type { KeyFingerprint } from '../../model/key.ts';
import { StationError } from '../../model/station-error.ts';
import { paged } from './exporting.ts';
import type { BatchParts } from './handlers.ts';
import { readExport, type ExportDocument, type SignedFile } from './share-documents.ts';

const PAGE = 500;
/** Boards in one event of the record. */
const UNITS_AN_EVENT = 500;

export interface MergeRequest {
  readonly files: readonly string[];
  readonly trust: readonly string[];
  readonly dryRun: boolean;
}

type Merged = Extract<BatchEvent, { kind: 'batch-merged' }>;
type Counted = Pick<BatchUnitRecord, 'line' | 'identity' | 'job' | 'at' | 'station' | 'fingerprint'>;

interface Plan {
  readonly events: readonly BatchEvent[];
  readonly files: readonly (Omit<MergedFile, 'key' | 'known'> & { readonly key: KeyFingerprint })[];
}

/**
 * Counts what other benches did. All of it is one transaction of the record, in which it is also judged.
 *
 * @throws StationError `request/...`, `batch/...`, `journal/...`.
 */
export async function mergeBatch(
  batch: BatchRecord,
  { files, trust, dryRun }: MergeRequest,
  parts: BatchParts,
  view: (batch: BatchRecord) => BatchView,
  signal: AbortSignal,
): Promise<BatchMergeReport> {
  const { record, operator } = parts;
  const isKnown = (key: KeyFingerprint): boolean => parts.knowsStation(key) || trust.includes(key);
  const read: SignedFile<ExportDocument>[] = [];
  for (const path of files) {
    const file = await readExport(path);
    if (!isKnown(file.key) && !dryRun)
      throw new StationError('batch/unknown-bench', { path, station: file.body.station, key: file.key });
    read.push(file);
  }
  const { id, name } = batch;
  const now = (journal: JournalReader): BatchRecord => {
    const found = journal.batches.byId(id);
    if (found === null) throw new StationError('batch/unknown', { name });
    return found;
  };
  let plan: Plan = { events: [], files: [] };
  if (dryRun) plan = planOf(now(record.reader), read, record.reader, operator());
  else {
    const journal = record.writer();
    function* events(): Generator<BatchEvent, void, undefined> {
      plan = planOf(now(journal), read, journal, operator());
      yield* plan.events;
    }
    await journal.appendAll(events(), signal);
  }
  return {
    batch: view(now(record.reader)),
    files: plan.files.map((file) => ({ ...file, known: isKnown(file.key) })),
    dryRun,
  };
}

/** What is to be written down of these files, as the record is now. */
function planOf(
  batch: BatchRecord,
  files: readonly SignedFile<ExportDocument>[],
  journal: JournalReader,
  operator: string | null,
): Plan {
  const { batches } = journal;
  const byLine = new Map<number, Counted>();
  const byKey = new Map<string, Counted>();
  const count = (unit: Counted): void => {
    byLine.set(unit.line, unit);
    if (unit.fingerprint !== null) byKey.set(unit.fingerprint, unit);
  };
  for (const unit of paged((after) => batches.units(batch.id, after, PAGE))) count(unit);
  const admitted = new Set(batches.admissions(batch.id).map(({ job, why }) => `${job} ${why}`));
  const back = new Set(batch.shares.filter(({ returnedAt }) => returnedAt !== null).map(({ part }) => part));
  const events: BatchEvent[] = [];
  const told: Plan['files'][number][] = [];
  for (const { path, body, key } of files) {
    const { share, closed } = body.batch;
    if (share?.batch !== batch.id) throw otherBatch(path, batch, `it is of ${body.batch.name}`);
    const given = batch.shares.some(({ part }) => part === share.part);
    if (!given) throw otherBatch(path, batch, `there is no part ${share.part} of it`);
    const added = body.units.filter((unit) => {
      const row = batches.row(batch.id, unit.line);
      if (row === null || canonicalIdentity(row.identity) !== canonicalIdentity(unit.identity))
        throw otherBatch(path, batch, `line ${unit.line} of it is not ${identityLabel(unit.identity)}`);
      const known = byLine.get(unit.line);
      if (known?.job === unit.job) return false;
      const twice = known ?? (unit.fingerprint === null ? undefined : byKey.get(unit.fingerprint));
      if (twice !== undefined)
        throw new StationError('batch/counted-twice', {
          name: batch.name,
          first: inWords(twice),
          second: inWords(unit),
        });
      count(unit);
      return true;
    });
    const letThrough = body.admitted.filter(({ job, why }) => !admitted.has(`${job} ${why}`));
    for (const { job, why } of letThrough) admitted.add(`${job} ${why}`);
    const returned = closed !== null && !back.has(share.part);
    if (returned) back.add(share.part);
    told.push({
      path,
      station: body.station,
      key,
      part: share.part,
      units: body.units.length,
      added: added.length,
      returned,
    });
    if (added.length === 0 && letThrough.length === 0 && !returned) continue;
    const common = {
      kind: 'batch-merged' as const,
      batch: batch.id,
      file: path.replace(/^.*[\\/]/, ''),
      stationKey: key,
      part: share.part,
      ...(body.head === null ? {} : { head: body.head }),
      operator,
    };
    events.push(...chunks(added, body.station).map((chunk) => ({ ...common, ...chunk })));
    if (letThrough.length > 0 || returned)
      events.push({
        ...common,
        station: body.station,
        units: [],
        admitted: letThrough,
        ...(returned ? { returned } : {}),
      });
  }
  if (batch.closed === null && byLine.size >= batch.rows)
    events.push({ kind: 'batch-closed', batch: batch.id, why: 'full', operator: null });
  return { events, files: told };
}

/** Boards by the station that they were made at, which is that of the file unless the bench was named anew. */
function chunks(
  units: ExportDocument['units'],
  station: string,
): readonly Pick<Merged, 'station' | 'units'>[] {
  const found: { station: string; units: Merged['units'][number][] }[] = [];
  for (const { station: madeAt, identity: _identity, ...unit } of units) {
    const at = madeAt === '' ? station : madeAt;
    const last = found.find((one) => one.station === at && one.units.length < UNITS_AN_EVENT);
    if (last === undefined) found.push({ station: at, units: [unit] });
    else last.units.push(unit);
  }
  return found;
}

function otherBatch(path: string, { name }: BatchRecord, detail: string): StationError {
  return new StationError('batch/other-batch', { path, name, detail });
}

function inWords({ identity, line, at, station, job }: Counted): string {
  return `${identityLabel(identity)} (line ${line}) on ${station} at ${at}, job ${job}`;
}
