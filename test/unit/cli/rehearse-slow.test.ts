import { expect, test } from 'vitest';
import { station } from './command.ts';
import { reportShape } from './report-shape.ts';

test('rehearse --fail server-slow only takes longer', async () => {
  const { status, out } = await station(['rehearse', '--boards', '1', '--fail', 'server-slow', '--json']);
  const { jobs, elapsedMs } = reportShape.parse(JSON.parse(out));
  expect(jobs.map(({ verdict }) => verdict)).toEqual(['pass']);
  expect(elapsedMs).toBeGreaterThan(4_000);
  expect(status).toBe(0);
}, 60_000);
