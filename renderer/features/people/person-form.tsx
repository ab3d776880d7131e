import { Button, Checkbox, PasswordInput, Select, TextInput } from '@mantine/core';
import { useState, type ReactNode, type SubmitEvent } from 'react';
import type { CallInput, PersonView } from '../../../src/contract.ts';
import type { ErrorReport } from '../../../src/model/job.ts';
import {
  GRANTABLE,
  RIGHT_TEXTS,
  ROLE_RIGHTS,
  ROLES,
  type Grantable,
  type Role,
} from '../../../src/model/rights.ts';
import { ErrorPanel } from '../../components/error-panel.tsx';
import { messages } from '../../messages.ts';
import { peopleMessages as text } from '../../messages/people.ts';
import { reportOf } from '../../station.ts';
import { useStore } from '../../store.ts';
import { IDLE_CHOICES } from './idle-choices.ts';
import classes from './people.module.css';

const AS_BENCH = 'bench';

/** A new person, or one that is changed. PIN and badge live in their fields alone and are wiped when they are sent. */
export function PersonForm({
  person = null,
  first = false,
  onDone,
  onCancel,
}: {
  readonly person?: PersonView | null;
  /** Nobody is defined yet: it is an admin. */
  readonly first?: boolean;
  readonly onDone: () => void;
  readonly onCancel?: () => void;
}): ReactNode {
  const { station } = useStore();
  const [role, setRole] = useState<Role>(person?.role ?? (first ? 'admin' : 'technician'));
  const [grants, setGrants] = useState<readonly string[]>(person?.grants ?? []);
  const [idle, setIdle] = useState(person?.idleMinutes ?? null);
  const [noBadge, setNoBadge] = useState(false);
  const [error, setError] = useState<ErrorReport | null>(null);
  const given = GRANTABLE.filter((right) => grants.includes(right) && !comesWith(role, right));

  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = event.currentTarget;
    const pin = take(form, 'pin');
    const badge = take(form, 'badge');
    const codes = { ...(pin === '' ? {} : { pin }), ...(badge === '' ? {} : { badge }) };
    setError(null);
    const call =
      person === null
        ? station.call('people.add', { name: take(form, 'name', false), role, grants: [...given], ...codes })
        : station.call('people.set', {
            name: person.name,
            role,
            grants: [...given],
            idleMinutes: idle,
            ...codes,
            ...(noBadge ? { badge: null } : {}),
          } satisfies CallInput<'people.set'>);
    call.then(onDone, (thrown: unknown) => setError(reportOf(thrown)));
  };
  return (
    <form className={classes.form} onSubmit={submit} autoComplete="off">
      {person === null ? (
        <TextInput name="name" label={text.name} required maxLength={64} data-autofocus />
      ) : null}
      <Select
        label={text.role}
        description={text.roleHelp[role]}
        data={ROLES.map((value) => ({ value, label: text.roles[value] }))}
        value={role}
        disabled={first}
        allowDeselect={false}
        comboboxProps={{ withinPortal: false }}
        onChange={(value) => setRole(ROLES.find((known) => known === value) ?? role)}
      />
      <PasswordInput
        name="pin"
        label={text.pin}
        inputMode="numeric"
        autoComplete="off"
        {...(person === null ? {} : { description: text.keepPin })}
      />
      <PasswordInput
        name="badge"
        label={text.badge}
        autoComplete="off"
        // A reader ends with Enter, which would send the form half filled in.
        onKeyDown={(event) => {
          if (event.key === 'Enter') event.preventDefault();
        }}
        {...(person === null ? {} : { description: text.keepBadge })}
      />
      {person?.hasBadge === true ? (
        <Checkbox
          label={text.noBadge}
          checked={noBadge}
          onChange={(event) => setNoBadge(event.currentTarget.checked)}
        />
      ) : null}
      {first ? null : (
        <Checkbox.Group label={text.rights} value={[...grants]} onChange={setGrants}>
          <div className={classes.checks}>
            {GRANTABLE.map((right) => (
              <Checkbox
                key={right}
                value={right}
                label={RIGHT_TEXTS[right]}
                disabled={comesWith(role, right)}
                {...(comesWith(role, right) ? { checked: true } : {})}
              />
            ))}
          </div>
        </Checkbox.Group>
      )}
      {person === null ? null : (
        <Select
          label={text.idlePerson}
          data={[
            { value: AS_BENCH, label: text.idleAsBench },
            ...IDLE_CHOICES.map((minutes) => ({ value: String(minutes), label: text.idleOf(minutes) })),
          ]}
          value={idle === null ? AS_BENCH : String(idle)}
          allowDeselect={false}
          comboboxProps={{ withinPortal: false }}
          onChange={(value) => setIdle(value === AS_BENCH || value === null ? null : Number(value))}
        />
      )}
      <div className={classes.buttons}>
        <Button type="submit">{person === null ? text.add : text.save}</Button>
        {onCancel === undefined ? null : (
          <Button variant="default" onClick={onCancel}>
            {messages.common.cancel}
          </Button>
        )}
      </div>
      {error === null ? null : <ErrorPanel error={error} />}
    </form>
  );
}

function comesWith(role: Role, right: Grantable): boolean {
  return ROLE_RIGHTS[role].includes(right);
}

/** What stands in a field; wiped there unless it is no secret. */
function take(form: HTMLFormElement, name: string, wipe = true): string {
  const field = form.elements.namedItem(name);
  if (!(field instanceof HTMLInputElement)) return '';
  const { value } = field;
  if (wipe) field.value = '';
  return value.trim();
}
