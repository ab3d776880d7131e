import { expect, test } from 'vitest';
import { tonesFor } from '../../renderer/features/bench/verdict-sound.ts';
import { ended, failure, report } from './fake-station.ts';

const good = ended(1);
const already = ended(2, { verdict: 'already' });
const bad = failure(3, 'board/disk-full', 'Full.', 'stage');
const stopped = ended(4, { verdict: 'stopped', error: report('job/cancelled') });

test('a good verdict and any other are told apart by number, pitch and sound of the tones', () => {
  const [high, low] = [tonesFor([good]), tonesFor([bad])];
  expect(high.length).not.toBe(low.length);
  expect(Math.min(...high.map(({ hertz }) => hertz))).toBeGreaterThan(
    2 * Math.max(...low.map(({ hertz }) => hertz)),
  );
  expect(high.map(({ wave }) => wave)).not.toContain(low[0]?.wave);
  expect(tonesFor([already])).toEqual(high);
  expect(tonesFor([stopped])).toEqual(low);
});

test('of verdicts that fall together the one that is not good is heard', () => {
  expect(tonesFor([good, bad, already])).toEqual(tonesFor([bad]));
  expect(tonesFor([])).toEqual([]);
});
