import { Button } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { messages } from '../messages.ts';
import { useStore } from '../store.ts';
import classes from './copyable.module.css';

/** A long text to be compared or kept elsewhere, with a button that copies it whole. */
export function Copyable({
  name,
  text,
  shown = text,
  help = '',
}: {
  readonly name: string;
  /** What is copied. */
  readonly text: string;
  /** How it is shown, where that reads better. */
  readonly shown?: string;
  readonly help?: string;
}): ReactNode {
  const { station } = useStore();
  const [copied, setCopied] = useState(false);
  const words = messages.common;
  return (
    <section className={classes.copyable} aria-label={name}>
      <div>
        <h3>{name}</h3>
        <p className={`mono ${classes.text ?? ''}`}>{shown}</p>
        <p className={classes.help}>{help}</p>
      </div>
      <Button
        variant="default"
        aria-label={`${copied ? words.copied : words.copy}: ${name}`}
        onClick={() => void station.shell('shell.copy', { text }).then(() => setCopied(true))}
      >
        {copied ? words.copied : words.copy}
      </Button>
    </section>
  );
}
