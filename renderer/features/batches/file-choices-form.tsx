import { Button, Select, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import type { BatchReport } from '../../../src/contract/batches.ts';
import { TIERS } from '../../../src/model/batch.ts';
import { messages } from '../../messages.ts';
import { useWindowState } from '../../store.ts';
import { unknownColumns, type ColumnChoice, type FileChoices } from './file-choices.ts';
import classes from './batches.module.css';

type Column = BatchReport['columns'][number];

/** What a person says of a file where its header does not: columns, tier, and a server to hold it against. */
export function FileChoicesForm({
  found,
  choices,
  disabled,
  onChoices,
}: {
  /** The columns as the station found them by itself. */
  readonly found: readonly Column[];
  readonly choices: FileChoices;
  readonly disabled: boolean;
  readonly onChoices: (choices: FileChoices) => void;
}): ReactNode {
  const text = messages.batches.importing;
  const servers = useWindowState((state) => state.servers);
  const columns = found.filter(
    ({ name }, at) => name !== '' && found.findIndex((each) => each.name === name) === at,
  );
  const unknown = unknownColumns(columns, choices);
  const say = (name: string, choice: ColumnChoice | null): void => {
    const { [name]: _, ...others } = choices.columns;
    onChoices({ ...choices, columns: choice === null ? others : { ...others, [name]: choice } });
  };
  return (
    <fieldset className={classes.choices} disabled={disabled}>
      <legend>{text.how}</legend>
      <Select
        label={text.against}
        description={text.againstHelp}
        data={[
          { value: '', label: text.noServer },
          ...servers
            .filter(({ simulated }) => !simulated)
            .map(({ name, session }) => ({
              value: `=${name}`,
              label: session === null ? text.notSignedIn(name) : name,
              disabled: session === null,
            })),
        ]}
        value={choices.server === null ? '' : `=${choices.server}`}
        allowDeselect={false}
        comboboxProps={{ withinPortal: false }}
        onChange={(value) => onChoices({ ...choices, server: value ? value.slice(1) : null })}
      />
      <Select
        label={text.tier}
        description={text.tierHelp}
        data={[...TIERS]}
        value={choices.tier ?? 'standard'}
        allowDeselect={false}
        comboboxProps={{ withinPortal: false }}
        onChange={(value) => onChoices({ ...choices, tier: TIERS.find((tier) => tier === value) ?? null })}
      />
      {columns.map((column) => (
        <OneColumn
          key={column.name}
          column={column}
          choice={choices.columns[column.name] ?? null}
          onChoice={(choice) => say(column.name, choice)}
        />
      ))}
      {unknown.length < 2 ? null : (
        <Button
          variant="default"
          onClick={() =>
            onChoices({
              ...choices,
              columns: {
                ...choices.columns,
                ...Object.fromEntries(unknown.map((name) => [name, { use: 'ignored' }] as const)),
              },
            })
          }
        >
          {text.ignoreUnknown(unknown.length)}
        </Button>
      )}
    </fieldset>
  );
}

/** What one column is. Those of a key, a tag, a group or a tier are what their names say, or are not looked at. */
function OneColumn({
  column: { name, use },
  choice,
  onChoice,
}: {
  readonly column: Column;
  readonly choice: ColumnChoice | null;
  readonly onChoice: (choice: ColumnChoice | null) => void;
}): ReactNode {
  const text = messages.batches.importing;
  const mayBeIdentity = use === 'unknown' || use === 'identity' || use === 'ignored';
  return (
    <div className={classes.column}>
      <Select
        label={text.column(name)}
        data={[
          { value: 'found', label: text.asFound(use) },
          ...(mayBeIdentity ? [{ value: 'identity', label: text.isIdentity }] : []),
          { value: 'ignored', label: text.isIgnored },
        ]}
        value={choice?.use ?? 'found'}
        error={choice === null && use === 'unknown' ? text.sayWhat : null}
        allowDeselect={false}
        comboboxProps={{ withinPortal: false }}
        onChange={(value) =>
          onChoice(
            value === 'identity'
              ? { use: 'identity', attribute: '' }
              : value === 'ignored'
                ? { use: 'ignored' }
                : null,
          )
        }
      />
      {choice?.use === 'identity' ? (
        <TextInput
          label={text.attribute(name)}
          placeholder={name}
          value={choice.attribute}
          maxLength={128}
          spellCheck={false}
          onChange={(event) => onChoice({ use: 'identity', attribute: event.currentTarget.value })}
        />
      ) : null}
    </div>
  );
}
