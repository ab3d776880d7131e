import { Textarea, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { messages } from '../../messages.ts';
import { inventoryFrom, type InventoryDraft } from './inventory-draft.ts';
import classes from './set-up.module.css';

/** What devices are called on the server once their boards are through, where no row of a batch says it. */
export function InventoryFields({
  draft,
  onDraft,
}: {
  readonly draft: InventoryDraft;
  readonly onDraft: (draft: InventoryDraft) => void;
}): ReactNode {
  const text = messages.inventory.settings;
  const read = inventoryFrom(draft);
  const problems = 'problems' in read ? read.problems : null;
  return (
    <section className={classes.section}>
      <h3>{text.title}</h3>
      <p className={classes.help}>{text.help}</p>
      <TextInput
        label={text.nameTag}
        description={text.nameTagHelp}
        value={draft.nameTag}
        maxLength={256}
        error={problems?.nameTag}
        onChange={(event) => onDraft({ ...draft, nameTag: event.currentTarget.value })}
      />
      <Textarea
        label={text.tags}
        description={text.tagsHelp}
        rows={3}
        value={draft.tags}
        spellCheck={false}
        error={problems?.tags}
        onChange={(event) => onDraft({ ...draft, tags: event.currentTarget.value })}
      />
      <TextInput
        label={text.group}
        description={text.groupHelp}
        value={draft.group}
        maxLength={256}
        spellCheck={false}
        error={problems?.group}
        onChange={(event) => onDraft({ ...draft, group: event.currentTarget.value })}
      />
    </section>
  );
}
