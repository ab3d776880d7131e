import { Button } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { messages } from '../../messages.ts';
import { useStore } from '../../store.ts';
import { caFrom } from './server-form.ts';
import classes from './servers.module.css';

/** A file with the certificates of a CA, as the system's dialog gives it: nothing but these leaves this part. */
export function CaFile({
  label = messages.servers.caChoose,
  onPem,
}: {
  /** Of the button. */
  readonly label?: string;
  readonly onPem: (pem: string | null) => void;
}): ReactNode {
  const { station } = useStore();
  const text = messages.servers;
  const [name, setName] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const choose = async (): Promise<void> => {
    const file = await station.shell('shell.choose-text', { kind: 'certificate' });
    if (file === null) return;
    const found = file.text === null ? { problem: text.caUnreadable } : caFrom(file.text);
    setName(file.name);
    setProblem('problem' in found ? found.problem : null);
    onPem('pem' in found ? found.pem : null);
  };
  return (
    <div className={classes.pin}>
      <Button variant="default" onClick={() => void choose()}>
        {label}
      </Button>
      {name === null ? null : <p data-ca-file="">{text.caChosen(name)}</p>}
      {problem === null ? null : (
        <p className={classes.problem} role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}
