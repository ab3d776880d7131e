import { Select } from '@mantine/core';
import type { ReactNode } from 'react';
import { messages } from '../../messages.ts';
import { WAITS_MS } from './flow.ts';

/** For how long a unit with a staged key may wait. @param ms one of `WAITS_MS` */
export function WaitSelect({
  label,
  ms,
  onChange,
}: {
  readonly label: string;
  readonly ms: number;
  readonly onChange: (ms: number) => void;
}): ReactNode {
  return (
    <Select
      label={label}
      data={WAITS_MS.map((each) => ({
        value: String(each),
        label: messages.rekey.waitFor(each / 3_600_000),
      }))}
      value={String(ms)}
      allowDeselect={false}
      comboboxProps={{ withinPortal: false, position: 'top-start' }}
      onChange={(value) => onChange(Number(value))}
    />
  );
}
