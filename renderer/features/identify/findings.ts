import type { DoctorLine, IdentifyReport } from '../../../src/contract.ts';
import type { BoardProfile } from '../../../src/model/profile.ts';
import { messages } from '../../messages.ts';

type Board = IdentifyReport['board'];

/** What of a reading stands in the way of a provisioning, or is worth knowing before one; the worst first. */
export function findings(report: IdentifyReport, profile: BoardProfile | null): readonly DoctorLine[] {
  const { board } = report;
  const text = messages.identify.findings;
  const lines = [
    identity(board.identity),
    client(board.client),
    data(board.dataDirectory),
    key(board.key),
    clock(board, profile),
    board.staged === null ? null : line('note', text.staged, text.stagedFound),
    ...report.warnings.map((warning) => line('note', text.configuration, warning)),
  ].filter((each) => each !== null);
  return lines.toSorted((a, b) => Number(b.state === 'bad') - Number(a.state === 'bad'));
}

function line(
  state: DoctorLine['state'],
  check: string,
  words: string,
  remedy: string | null = null,
): DoctorLine {
  return { check, state, text: words, remedy };
}

function identity(reading: Board['identity']): DoctorLine | null {
  const text = messages.identify.findings;
  const bad = (words: string): DoctorLine => line('bad', text.identity, words, text.identityRemedy);
  switch (reading.state) {
    case 'read':
      return null;
    case 'missing':
      return bad(text.identityMissing(reading.script));
    case 'not-executable':
      return bad(text.identityNotExecutable(reading.script));
    case 'failed':
      return bad(text.identityFailed(reading.script, reading.detail));
    case 'nonsense':
      return bad(text.identityNonsense(reading.detail));
  }
}

function client({ generation, update }: Board['client']): DoctorLine | null {
  const text = messages.identify.findings;
  if (generation === 'none') return line('bad', text.client, text.clientMissing, text.clientRemedy);
  if (update === 'in-progress') return line('bad', text.update, text.updating, text.updatingRemedy);
  return null;
}

function data({ path, exists, writable, freeBytes }: Board['dataDirectory']): DoctorLine | null {
  const text = messages.identify.findings;
  const bad = (words: string): DoctorLine => line('bad', text.data, words, text.dataRemedy);
  if (!exists) return bad(text.dataMissing(path));
  if (!writable) return bad(text.dataReadOnly(path));
  return freeBytes === 0 ? bad(text.dataFull(path)) : null;
}

function key({ state }: Board['key']): DoctorLine | null {
  const text = messages.identify;
  if (state !== 'passphrase' && state !== 'engine') return null;
  return line('note', text.findings.key, `${text.keyStates[state]}. ${text.findings.keyLocked}`);
}

function clock({ clockSkewMs }: Board, profile: BoardProfile | null): DoctorLine | null {
  const text = messages.identify.findings;
  if (profile === null || Math.abs(clockSkewMs) <= profile.clockToleranceMs) return null;
  return line('note', text.clock, `${clockText(clockSkewMs)}. ${text.clockWrong}`);
}

/** How far a board's clock is off, in words; below two seconds it is right. */
export function clockText(skewMs: number): string {
  const text = messages.identify;
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  if (seconds < 2) return text.clockRight;
  const by =
    seconds < 120
      ? `${seconds} s`
      : seconds < 7_200
        ? `${Math.round(seconds / 60)} min`
        : seconds < 172_800
          ? `${Math.round(seconds / 3600)} h`
          : `${Math.round(seconds / 86_400)} d`;
  return skewMs > 0 ? text.clockAhead(by) : text.clockBehind(by);
}
