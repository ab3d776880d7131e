import { useMemo, type ReactNode } from 'react';
import type { IdentifyReport, SlotView } from '../../../src/contract.ts';
import type { PublicKey } from '../../../src/model/key.ts';
import { currentProfile } from '../../bench.ts';
import { Facts, type Fact } from '../../components/facts.tsx';
import { Findings } from '../../components/findings.tsx';
import { AllWell, ReadingPanel } from '../../components/reading-panel.tsx';
import { bytes, grouped } from '../../format.ts';
import { messages } from '../../messages.ts';
import { useStore, useWindowState } from '../../store.ts';
import { clockText, findings } from './findings.ts';

/** Reads a board and shows what is on it; changes nothing. */
export function IdentifyPanel({
  slot,
  onClose,
}: {
  readonly slot: SlotView;
  readonly onClose: () => void;
}): ReactNode {
  const { station } = useStore();
  const profile = useWindowState(currentProfile);
  const name = profile?.name ?? null;
  const text = messages.identify;
  const load = useMemo(
    () => (name === null ? null : () => station.call('identify', { port: slot.port, profile: name })),
    [station, slot.port, name],
  );
  return (
    <ReadingPanel
      title={text.title(slot.label)}
      reading={text.reading}
      again={text.again}
      load={load}
      onClose={onClose}
    >
      {(report) => <Board report={report} lines={findings(report, profile)} />}
    </ReadingPanel>
  );
}

function Board({
  report,
  lines,
}: {
  readonly report: IdentifyReport;
  readonly lines: ReturnType<typeof findings>;
}): ReactNode {
  return (
    <>
      {lines.length === 0 ? <AllWell text={messages.identify.fine} /> : <Findings lines={lines} />}
      <Facts facts={[...identityFacts(report), ...boardFacts(report)]} />
    </>
  );
}

function identityFacts({ board }: IdentifyReport): readonly Fact[] {
  if (board.identity.state !== 'read') return [];
  return Object.entries(board.identity.identity).map(([name, value]) => ({
    name: `${messages.identify.identity}: ${name}`,
    value: typeof value === 'string' ? value : value.join(', '),
    mono: true,
  }));
}

function boardFacts({ board, serverUrls }: IdentifyReport): readonly Fact[] {
  const text = messages.identify;
  const { client, key, staged, dataDirectory } = board;
  const makes = board.canSign.map((type) => messages.keys.types[type]).join(', ');
  return [
    { name: text.host, value: board.hostname },
    { name: text.system, value: `${board.kernel}, ${board.init}` },
    {
      name: text.client,
      value:
        client.generation === 'none'
          ? text.noClient
          : `${client.version ?? client.generation}, ${client.running ? text.running(client.service) : text.notRunning}`,
    },
    { name: text.update, value: client.generation === 'none' ? null : text.updates[client.update] },
    {
      name: text.key,
      value: key.publicKey === null ? text.keyStates[key.state] : keyText(key.publicKey),
      mono: key.publicKey !== null,
    },
    { name: text.keyFile, value: key.realPath, mono: true },
    {
      name: text.staged,
      value: staged?.publicKey ? keyText(staged.publicKey) : (staged?.path ?? null),
      mono: true,
    },
    { name: text.servers, value: serverUrls.length === 0 ? text.noServers : serverUrls.join(', ') },
    { name: text.clock, value: clockText(board.clockSkewMs) },
    { name: text.space, value: dataDirectory.exists ? bytes(dataDirectory.freeBytes) : null },
    { name: text.canMake, value: makes === '' ? text.canMakeNone : makes },
  ];
}

function keyText({ type, fingerprint }: PublicKey): string {
  const name = type === 'other' ? messages.keys.otherType : messages.keys.types[type];
  return `${name} ${grouped(fingerprint)}`;
}
