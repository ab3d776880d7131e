import { Button, Select, Switch, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { KEY_TYPES } from '../../../src/model/key.ts';
import { currentProfile, currentServer } from '../../bench.ts';
import { SidePanel } from '../../components/side-panel.tsx';
import { messages } from '../../messages.ts';
import { useWhyNot } from '../../rights.ts';
import { useStore, useWholeState } from '../../store.ts';
import { KEY_CHOICES, type KeyChoice } from '../bench/key-choice.ts';
import type { InventoryDraft } from './inventory-draft.ts';
import { InventoryFields } from './inventory-fields.tsx';
import { SecretField } from './secret-field.tsx';
import classes from './set-up.module.css';

interface Props {
  readonly keyChoice: KeyChoice;
  readonly onKeyChoice: (choice: KeyChoice) => void;
  readonly label: string;
  readonly onLabel: (label: string) => void;
  readonly inventory: InventoryDraft;
  readonly onInventory: (draft: InventoryDraft) => void;
  readonly onClose: () => void;
}

/** What the next jobs use, each with a sentence on what it means. */
export function SetUpPanel({
  keyChoice,
  onKeyChoice,
  label,
  onLabel,
  inventory,
  onInventory,
  onClose,
}: Props): ReactNode {
  const state = useWholeState();
  const store = useStore();
  const text = messages.setUp;
  const profile = currentProfile(state);
  const server = currentServer(state);
  const whyNotSettings = useWhyNot('settings');
  const whyNotServers = useWhyNot('servers');
  return (
    <SidePanel title={text.title} onClose={onClose}>
      <section className={classes.section}>
        <Select
          label={messages.command.profile}
          description={
            profile === null || profile.description === '' ? text.profileHelp : profile.description
          }
          placeholder={messages.command.noProfile}
          data={state.profiles.map(({ name }) => name)}
          value={state.preferences.profile}
          allowDeselect={false}
          onChange={(value) => void store.ask('preferences.set', { profile: value })}
        />
        <TextInput
          label={text.label}
          description={text.labelHelp}
          value={label}
          maxLength={200}
          onChange={(event) => onLabel(event.currentTarget.value)}
        />
        <Switch
          label={text.sound}
          description={text.soundHelp}
          checked={state.preferences.sound}
          onChange={(event) => void store.ask('preferences.set', { sound: event.currentTarget.checked })}
        />
      </section>
      <KeySection
        choice={keyChoice}
        onChoice={onKeyChoice}
        pattern={profile?.key.importPattern ?? '{mac}.pem'}
      />
      <InventoryFields draft={inventory} onDraft={onInventory} />
      {profile === null ? null : (
        <section className={classes.section}>
          <h3>{text.credentials}</h3>
          <p className={classes.help}>
            {profile.login.credentials.length === 0
              ? text.noCredentials(profile.login.user)
              : text.credentialsHelp(profile.login.user)}
          </p>
          {profile.login.credentials.map((name) => (
            <SecretField
              key={name}
              label={text.credential(name)}
              why={whyNotSettings}
              state={state.credentials.includes(name) ? text.credentialSet : text.credentialUnset}
              send={(password) => store.station.call('credential.set', { name, password })}
            />
          ))}
        </section>
      )}
      {server === null ? null : (
        <section className={classes.section}>
          <h3>
            {text.tenantToken} · {server.name}
          </h3>
          <p className={classes.help}>{text.tenantTokenHelp}</p>
          <SecretField
            label={text.tenantToken}
            why={whyNotServers}
            state={server.hasTenantToken ? text.tenantTokenSet : text.tenantTokenUnset}
            send={async (token) => {
              const view = await store.station.call('server.tenant-token', { name: server.name, token });
              store.dispatch({ type: 'event', event: { type: 'server', server: view } });
            }}
          />
        </section>
      )}
    </SidePanel>
  );
}

function KeySection({
  choice,
  onChoice,
  pattern,
}: {
  readonly choice: KeyChoice;
  readonly onChoice: (choice: KeyChoice) => void;
  readonly pattern: string;
}): ReactNode {
  const text = messages.setUp;
  const { station } = useStore();
  const browse = (): void => {
    void station.shell('shell.choose-folder', {}).then((directory) => {
      if (directory !== null) onChoice({ ...choice, directory });
    });
  };
  return (
    <section className={classes.section}>
      <Select
        label={messages.command.key}
        description={messages.keys[choice.from].help}
        data={KEY_CHOICES.map((value) => ({ value, label: messages.keys[value].label }))}
        value={choice.from}
        allowDeselect={false}
        onChange={(value) => {
          const from = KEY_CHOICES.find((known) => known === value);
          if (from !== undefined) onChoice({ ...choice, from });
        }}
      />
      {choice.from === 'board' || choice.from === 'generate' ? (
        <Select
          label={messages.keys.type}
          data={[
            { value: 'as-needed', label: messages.keys.typeAsNeeded },
            ...KEY_TYPES.map((value) => ({ value, label: messages.keys.types[value] })),
          ]}
          value={choice.type ?? 'as-needed'}
          allowDeselect={false}
          onChange={(value) =>
            onChoice({ ...choice, type: KEY_TYPES.find((known) => known === value) ?? null })
          }
        />
      ) : null}
      {choice.from === 'import' ? (
        <>
          <TextInput
            label={text.directory}
            description={text.directoryHelp(pattern)}
            value={choice.directory}
            spellCheck={false}
            error={choice.directory.trim() === '' ? text.directoryMissing : null}
            onChange={(event) => onChoice({ ...choice, directory: event.currentTarget.value })}
            inputContainer={(input) => (
              <div className={classes.beside}>
                {input}
                <Button variant="default" onClick={browse}>
                  {text.browse}
                </Button>
              </div>
            )}
          />
          <Switch
            label={text.encrypted}
            description={text.encryptedHelp}
            checked={choice.encrypted}
            onChange={(event) => onChoice({ ...choice, encrypted: event.currentTarget.checked })}
          />
        </>
      ) : null}
    </section>
  );
}
