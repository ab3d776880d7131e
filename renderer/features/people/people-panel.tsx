import { Button, Select, Switch } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import type { PersonView } from '../../../src/contract.ts';
import { RIGHT_TEXTS, WHILE_LOCKED } from '../../../src/model/rights.ts';
import { SidePanel } from '../../components/side-panel.tsx';
import { messages } from '../../messages.ts';
import { peopleMessages as text } from '../../messages/people.ts';
import { useWhyNot } from '../../rights.ts';
import { useStore, useWindowState } from '../../store.ts';
import { IDLE_CHOICES } from './idle-choices.ts';
import { PersonForm } from './person-form.tsx';
import classes from './people.module.css';

/** Who may work here and what, and when the bench locks itself. Everybody may look; an admin changes. */
export function PeoplePanel({ onClose }: { readonly onClose: () => void }): ReactNode {
  const people = useWindowState((state) => state.people);
  const why = useWhyNot('people');
  const [adding, setAdding] = useState(false);
  const first = !people.defined;
  return (
    <SidePanel title={text.title} onClose={onClose}>
      {first ? <p>{text.none}</p> : null}
      {why === null ? null : <p className={classes.why}>{text.needsAdmin}</p>}
      <ul className={classes.list}>
        {people.people.map((person) => (
          <PersonItem key={person.name} person={person} why={why} />
        ))}
      </ul>
      {first || adding ? (
        <section className={classes.section} aria-label={first ? text.firstTitle : text.addTitle}>
          <h3>{first ? text.firstTitle : text.addTitle}</h3>
          <PersonForm
            key={String(first)}
            first={first}
            onDone={() => setAdding(false)}
            {...(first ? {} : { onCancel: () => setAdding(false) })}
          />
        </section>
      ) : (
        <Button variant="default" disabled={why !== null} title={why ?? ''} onClick={() => setAdding(true)}>
          {text.addTitle}
        </Button>
      )}
      {first ? null : <Rules why={why} />}
    </SidePanel>
  );
}

function PersonItem({
  person,
  why,
}: {
  readonly person: PersonView;
  readonly why: string | null;
}): ReactNode {
  const store = useStore();
  const [open, setOpen] = useState<'change' | 'remove' | null>(null);
  const { name, role, grants, hasPin, hasBadge, idleMinutes } = person;
  return (
    <li className={classes.item}>
      <h3>{name}</h3>
      <p>
        {text.roles[role]}, {text.has(hasPin, hasBadge)}
        {idleMinutes === null ? '' : `, ${text.idlePerson} ${text.idleOf(idleMinutes)}`}
      </p>
      {grants.length === 0 ? null : (
        <p className={classes.soft}>{text.also(grants.map((right) => RIGHT_TEXTS[right]).join('; '))}</p>
      )}
      {open === 'change' ? (
        <section aria-label={text.editing(name)}>
          <PersonForm person={person} onDone={() => setOpen(null)} onCancel={() => setOpen(null)} />
        </section>
      ) : (
        <div className={classes.buttons}>
          <Button
            variant="default"
            disabled={why !== null}
            title={why ?? ''}
            aria-label={text.editing(name)}
            onClick={() => setOpen('change')}
          >
            {text.edit}
          </Button>
          <Button
            variant="subtle"
            color="gray"
            disabled={why !== null}
            title={why ?? ''}
            aria-label={`${text.remove} ${name}`}
            onClick={() => setOpen('remove')}
          >
            {text.remove}
          </Button>
        </div>
      )}
      {open === 'remove' ? (
        <div className={classes.sure} role="alertdialog" aria-label={text.removeSure(name)}>
          <p>{text.removeSure(name)}</p>
          <div className={classes.buttons}>
            <Button
              onClick={() => {
                void store.ask('people.remove', { name });
                setOpen(null);
              }}
            >
              {text.remove}
            </Button>
            <Button variant="default" autoFocus onClick={() => setOpen(null)}>
              {messages.common.cancel}
            </Button>
          </div>
        </div>
      ) : null}
    </li>
  );
}

function Rules({ why }: { readonly why: string | null }): ReactNode {
  const store = useStore();
  const rules = useWindowState((state) => state.people.rules);
  const choices = [...new Set([...IDLE_CHOICES, rules.idleMinutes])].sort((a, b) => a - b);
  return (
    <section className={classes.section} aria-label={text.rulesTitle}>
      <h3>{text.rulesTitle}</h3>
      <Select
        label={text.idle}
        data={choices.map((minutes) => ({ value: String(minutes), label: text.idleOf(minutes) }))}
        value={String(rules.idleMinutes)}
        disabled={why !== null}
        allowDeselect={false}
        comboboxProps={{ withinPortal: false }}
        onChange={(value) => {
          if (value !== null) void store.ask('people.rules', { idleMinutes: Number(value) });
        }}
      />
      <Select
        label={text.whileLocked}
        description={text.whileLockedHelp}
        data={WHILE_LOCKED.map((value) => ({ value, label: text.whileLockedOf[value] }))}
        value={rules.whileLocked}
        disabled={why !== null}
        allowDeselect={false}
        comboboxProps={{ withinPortal: false }}
        onChange={(value) => {
          const whileLocked = WHILE_LOCKED.find((known) => known === value);
          if (whileLocked !== undefined) void store.ask('people.rules', { whileLocked });
        }}
      />
      <Switch
        label={text.freely}
        checked={rules.provisionFreely}
        disabled={why !== null}
        onChange={(event) => void store.ask('people.rules', { provisionFreely: event.currentTarget.checked })}
      />
    </section>
  );
}
