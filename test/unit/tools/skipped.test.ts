import { expect, test } from 'vitest';
import { skippedByPlaywright, skippedByVitest } from '../../../tools/suites.ts';
import { named } from '../../needs.ts';

test('a test of vitest that was skipped is told with what it needs', () => {
  const result = (fullName: string, status: string) => ({ fullName, status });
  const results = [
    result('journal is written', 'passed'),
    result(`shell ${named('runs', 'needs root on Linux')}`, 'skipped'),
    result(`${named('packages', 'needs Linux')} hold no sources`, 'pending'),
    result('somebody forgot this one', 'todo'),
    result('and this one is broken', 'failed'),
  ];
  expect(skippedByVitest([{ assertionResults: results }])).toEqual([
    { test: 'shell runs', reason: 'needs root on Linux' },
    { test: 'packages hold no sources', reason: 'needs Linux' },
    { test: 'somebody forgot this one', reason: 'skipped without a reason' },
  ]);
  expect(named('runs', null)).toBe('runs');
});

test('a test of Playwright that was skipped is told with its reason', () => {
  const spec = (title: string, status: string, description?: string) => ({
    title,
    tests: [{ status, annotations: description === undefined ? [] : [{ type: 'skip', description }] }],
  });
  const inner = { title: 'b', specs: [spec('two', 'skipped', 'reads /proc'), spec('three', 'skipped')] };
  expect(skippedByPlaywright({ title: 'a', specs: [spec('one', 'expected')], suites: [inner] })).toEqual([
    { test: 'two', reason: 'reads /proc' },
    { test: 'three', reason: 'skipped without a reason' },
  ]);
});
