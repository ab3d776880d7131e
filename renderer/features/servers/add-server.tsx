import { Button, Checkbox, Radio, SegmentedControl, TextInput } from '@mantine/core';
import { useState, type SubmitEvent, type ReactNode } from 'react';
import type { CertificateView } from '../../../src/contract.ts';
import type { ErrorReport } from '../../../src/model/job.ts';
import { intoView } from '../../components/into-view.ts';
import { ErrorPanel } from '../../components/error-panel.tsx';
import { Facts } from '../../components/facts.tsx';
import { grouped } from '../../format.ts';
import { messages } from '../../messages.ts';
import { useWhyNot } from '../../rights.ts';
import { reportOf } from '../../station.ts';
import { useStore } from '../../store.ts';
import { EMPTY_SERVER, serverToAdd, type ServerDraft, type ServerFormProblem } from './server-form.ts';
import { CaFile } from './ca-file.tsx';
import { MicFields } from './mic-fields.tsx';
import classes from './servers.module.css';

/** Adds a server: its URL and how its certificate is checked. There is no way around a check. */
export function AddServer({
  onAdded,
  onCancel,
}: {
  readonly onAdded: (name: string) => void;
  readonly onCancel: () => void;
}): ReactNode {
  const store = useStore();
  const text = messages.servers;
  const why = useWhyNot('servers');
  const [draft, setDraft] = useState<ServerDraft>(EMPTY_SERVER);
  const [problem, setProblem] = useState<ServerFormProblem | null>(null);
  const [error, setError] = useState<ErrorReport | null>(null);
  const [sending, setSending] = useState(false);
  const change = (part: Partial<ServerDraft>): void => {
    setDraft((before) => ({ ...before, ...part }));
    setProblem(null);
  };
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const key = event.currentTarget.elements.namedItem('apiKey');
    const params = serverToAdd(draft, key instanceof HTMLInputElement ? key.value.trim() : '');
    if ('field' in params) {
      setProblem(params);
      return;
    }
    if (key instanceof HTMLInputElement) key.value = '';
    setSending(true);
    setError(null);
    store.station
      .call('server.add', params)
      .then(
        async (server) => {
          store.dispatch({ type: 'event', event: { type: 'server', server } });
          await store.ask('preferences.set', { server: server.name });
          onAdded(server.name);
        },
        (thrown: unknown) => setError(reportOf(thrown)),
      )
      .finally(() => setSending(false));
  };
  const fieldError = (field: ServerFormProblem['field']): { error?: string } =>
    problem?.field === field ? { error: problem.text } : {};
  return (
    <form className={classes.form} onSubmit={submit} autoComplete="off">
      <TextInput
        label={text.name}
        description={text.nameHelp}
        value={draft.name}
        maxLength={64}
        onChange={(event) => change({ name: event.currentTarget.value })}
        data-autofocus
        {...fieldError('name')}
      />
      <div role="group" aria-label={messages.mic.kind}>
        <SegmentedControl
          fullWidth
          value={draft.kind}
          onChange={(kind) => change({ kind: kind === 'mic' ? kind : 'mender' })}
          data={[
            { value: 'mender', label: messages.mic.kinds.mender },
            { value: 'mic', label: messages.mic.kinds.mic },
          ]}
        />
      </div>
      {draft.kind === 'mic' ? (
        <MicFields
          draft={draft.mic}
          change={(part) => change({ mic: { ...draft.mic, ...part }, pin: null, pinConfirmed: false })}
          problem={problem?.field === 'url' ? problem.text : null}
        />
      ) : (
        <>
          <TextInput
            label={text.url}
            description={text.urlHelp}
            value={draft.url}
            spellCheck={false}
            inputMode="url"
            onChange={(event) => change({ url: event.currentTarget.value, pin: null, pinConfirmed: false })}
            {...fieldError('url')}
          />
          <TextInput
            label={text.boardUrl}
            description={text.boardUrlHelp}
            value={draft.boardUrl}
            spellCheck={false}
            inputMode="url"
            onChange={(event) => change({ boardUrl: event.currentTarget.value })}
          />
        </>
      )}
      <Radio.Group
        size="lg"
        label={text.trustTitle}
        value={draft.trustBy}
        onChange={(value) => change({ trustBy: value === 'ca' || value === 'pin' ? value : 'system' })}
      >
        <div className={classes.choices}>
          <Radio value="system" label={text.trustSystem} description={text.trustSystemHelp} />
          <Radio value="ca" label={text.trustCa} description={text.trustCaHelp} />
          {draft.trustBy === 'ca' ? <CaFile onPem={(caPem) => change({ caPem })} /> : null}
          <Radio value="pin" label={text.trustPin} description={text.trustPinHelp} />
          {draft.trustBy === 'pin' ? (
            <Pin
              key={draft.kind === 'mic' ? draft.mic.address : draft.url}
              url={(draft.kind === 'mic' ? draft.mic.address : draft.url).trim()}
              confirmed={draft.pinConfirmed}
              onKey={(pin) => change({ pin, pinConfirmed: false })}
              onConfirm={(pinConfirmed) => change({ pinConfirmed })}
            />
          ) : null}
        </div>
      </Radio.Group>
      {problem?.field === 'trust' ? (
        <p className={classes.problem} role="alert">
          {problem.text}
        </p>
      ) : null}
      <div className={classes.buttons}>
        <Button type="submit" loading={sending} disabled={why !== null} title={why ?? ''}>
          {text.submitAdd}
        </Button>
        <Button variant="default" onClick={onCancel}>
          {messages.common.cancel}
        </Button>
      </div>
      {error === null ? null : <ErrorPanel error={error} />}
    </form>
  );
}

type Shown =
  | { readonly state: 'none' | 'asking' }
  | { readonly state: 'shown'; readonly certificate: CertificateView }
  | { readonly state: 'failed'; readonly error: ErrorReport };

function Pin({
  url,
  confirmed,
  onKey,
  onConfirm,
}: {
  readonly url: string;
  readonly confirmed: boolean;
  readonly onKey: (spkiSha256: string) => void;
  readonly onConfirm: (confirmed: boolean) => void;
}): ReactNode {
  const store = useStore();
  const text = messages.servers;
  const [shown, setShown] = useState<Shown>({ state: 'none' });
  const ask = (): void => {
    setShown({ state: 'asking' });
    store.station.call('server.certificate', { url }).then(
      (certificate) => {
        setShown({ state: 'shown', certificate });
        onKey(certificate.spkiSha256);
      },
      (thrown: unknown) => setShown({ state: 'failed', error: reportOf(thrown) }),
    );
  };
  return (
    <div className={classes.pin}>
      <Button variant="default" loading={shown.state === 'asking'} onClick={ask}>
        {text.pinFetch}
      </Button>
      {shown.state === 'failed' ? <ErrorPanel error={shown.error} /> : null}
      {shown.state === 'shown' ? (
        <div className={classes.shown} ref={intoView}>
          {shown.certificate.trustedBySystem ? <p>{text.pinKnown}</p> : null}
          <Facts
            facts={[
              { name: text.pinSubject, value: shown.certificate.subject },
              { name: text.pinIssuer, value: shown.certificate.issuer },
              {
                name: text.pinValid,
                value: text.pinFromTo(shown.certificate.validFrom, shown.certificate.validTo),
              },
              { name: text.pinKey, value: grouped(shown.certificate.spkiSha256), mono: true },
            ]}
          />
          <Checkbox
            label={text.pinConfirm}
            checked={confirmed}
            onChange={(event) => onConfirm(event.currentTarget.checked)}
          />
        </div>
      ) : null}
    </div>
  );
}
