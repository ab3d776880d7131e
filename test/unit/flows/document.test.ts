import { readFileSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { STOPS } from '../../../src/flows/stops.ts';
import { ERRORS } from '../../../src/model/error-table.ts';
import { flowDocument } from '../../../tools/flow-doc.ts';

test('docs/flows.md is what the decision function and the tables say', () => {
  expect(readFileSync(new URL('../../../docs/flows.md', import.meta.url), 'utf8')).toBe(flowDocument());
});

test('every code with which a job can end has its row in the table of stops', () => {
  const areas = /^(port|board|key|server|job)\//;
  const missing = Object.keys(ERRORS).filter((code) => areas.test(code) && !(code in STOPS));
  expect(missing).toEqual([]);
  const folder = new URL('../../../src/flows/', import.meta.url);
  // Rows of a batch are no jobs: nothing of theirs is on a board.
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.startsWith('preauthorize'),
  );
  const raised = sources.flatMap((name) =>
    [...readFileSync(new URL(name, folder), 'utf8').matchAll(/(?:StationError|stop)\(\s*'([^']+)'/g)].map(
      ([, code = '']) => code,
    ),
  );
  expect(raised.length).toBeGreaterThan(20);
  expect(raised.filter((code) => !(code in STOPS) && !code.startsWith('station/'))).toEqual([]);
});
