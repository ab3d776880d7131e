import { PasswordInput, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { messages } from '../../messages.ts';
import { CaFile } from './ca-file.tsx';
import type { MicDraft } from './server-form.ts';
import classes from './servers.module.css';

/** Where a stack is, and as what its things are made. The API key lives in its field alone. */
export function MicFields({
  draft,
  change,
  problem,
}: {
  readonly draft: MicDraft;
  readonly change: (part: Partial<MicDraft>) => void;
  readonly problem: string | null;
}): ReactNode {
  const text = messages.mic;
  return (
    <>
      <TextInput
        label={text.address}
        description={text.addressHelp}
        value={draft.address}
        spellCheck={false}
        inputMode="url"
        onChange={(event) => change({ address: event.currentTarget.value })}
        error={problem}
      />
      <PasswordInput name="apiKey" label={text.apiKey} description={text.apiKeyHelp} autoComplete="off" />
      <TextInput
        label={text.thingType}
        description={text.thingTypeHelp}
        value={draft.thingType}
        spellCheck={false}
        onChange={(event) => change({ thingType: event.currentTarget.value })}
      />
      <TextInput
        label={text.domain}
        description={text.domainHelp}
        value={draft.domain}
        spellCheck={false}
        onChange={(event) => change({ domain: event.currentTarget.value })}
      />
      <div>
        <CaFile label={text.iotCa} onPem={(iotCa) => change({ iotCa })} />
        <p className={classes.soft}>{text.iotCaHelp}</p>
      </div>
      <TextInput
        label={text.discovery}
        description={text.discoveryHelp}
        value={draft.discovery}
        spellCheck={false}
        inputMode="url"
        onChange={(event) => change({ discovery: event.currentTarget.value })}
      />
    </>
  );
}
