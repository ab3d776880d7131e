import { beforeEach, describe, expect, test } from 'vitest';
import { StationGone, Supervisor } from '../../../electron/main/supervisor.ts';
import type { Child } from '../../../electron/main/supervisor.ts';
import type { FromStation, ToStation } from '../../../electron/messages.ts';

/** A process that does what the test says. */
class FakeChild implements Child {
  readonly sent: ToStation[] = [];
  killed = false;
  private message: (message: FromStation) => void = () => undefined;
  private exit: (code: number, lastWords: string) => void = () => undefined;

  postMessage(message: ToStation): void {
    this.sent.push(message);
  }
  kill(): void {
    this.killed = true;
    this.end(15);
  }
  onMessage(listener: (message: FromStation) => void): void {
    this.message = listener;
  }
  onExit(listener: (code: number, lastWords: string) => void): void {
    this.exit = listener;
  }
  say(message: FromStation): void {
    this.message(message);
  }
  end(code: number, lastWords = ''): void {
    this.exit(code, lastWords);
  }
}

/** Time that passes when the test says so. */
class FakeTime {
  at = 0;
  private readonly due: { at: number; callback: () => void }[] = [];

  now = (): number => this.at;
  setTimeout = (callback: () => void, ms: number): void => {
    this.due.push({ at: this.at + ms, callback });
  };
  async pass(ms: number): Promise<void> {
    this.at += ms;
    for (const timer of this.due.splice(0)) {
      if (timer.at <= this.at) timer.callback();
      else this.due.push(timer);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('the supervisor', () => {
  let children: FakeChild[];
  let events: unknown[];
  let time: FakeTime;
  let supervisor: Supervisor;
  const states = (): string[] =>
    events
      .filter((event) => (event as { type: string }).type === 'station-process')
      .map((event) => (event as { state: string }).state);

  beforeEach(async () => {
    children = [];
    events = [];
    time = new FakeTime();
    supervisor = new Supervisor({
      start: () => {
        const child = new FakeChild();
        children.push(child);
        return Promise.resolve(child);
      },
      onEvent: (event) => events.push(event),
      delaysMs: [100, 1_000],
      steadyMs: 60_000,
      timers: time,
    });
    supervisor.begin();
    await time.pass(0);
  });

  test('lets calls wait until the station is ready, and gives each its own answer', async () => {
    const first = supervisor.call('snapshot', {});
    const second = supervisor.call('doctor', {});
    await time.pass(0);
    expect(children[0]!.sent).toEqual([]);
    children[0]!.say({ type: 'ready' });
    await time.pass(0);
    expect(children[0]!.sent).toMatchObject([{ method: 'snapshot' }, { method: 'doctor' }]);
    const [one, two] = children[0]!.sent as { id: number }[];
    children[0]!.say({ type: 'answer', id: two!.id, answer: { ok: true, value: 2 } });
    children[0]!.say({ type: 'answer', id: one!.id, answer: { ok: true, value: 1 } });
    expect(await Promise.all([first, second])).toEqual([
      { ok: true, value: 1 },
      { ok: true, value: 2 },
    ]);
  });

  test('passes events on', () => {
    children[0]!.say({ type: 'event', event: { type: 'job' } });
    expect(events).toContainEqual({ type: 'job' });
  });

  test('rejects what was in flight when the process ends, saying why, and starts another', async () => {
    children[0]!.say({ type: 'ready' });
    const call = supervisor.call('provision', {});
    await time.pass(0);
    children[0]!.end(134, 'line 1\nFATAL ERROR: HandleScope\n');
    await expect(call).rejects.toThrow(StationGone);
    await expect(call).rejects.toThrow('exit code 134: line 1 FATAL ERROR: HandleScope');
    expect(supervisor.current).toMatchObject({
      state: 'restarting',
      cause: expect.stringContaining('134') as string,
    });

    const next = supervisor.call('snapshot', {});
    await time.pass(99);
    expect(children).toHaveLength(1);
    await time.pass(1);
    expect(children).toHaveLength(2);
    children[1]!.say({ type: 'ready' });
    await time.pass(0);
    children[1]!.say({
      type: 'answer',
      id: (children[1]!.sent[0] as { id: number }).id,
      answer: { ok: true, value: 'back' },
    });
    expect(await next).toEqual({ ok: true, value: 'back' });
    expect(states()).toEqual(['up', 'restarting', 'up']);
  });

  test('gives up after the restarts it has, and begins again when asked', async () => {
    children[0]!.end(1);
    await time.pass(100);
    children[1]!.end(1);
    await time.pass(1_000);
    children[2]!.end(1, 'still broken');
    await time.pass(100_000);
    expect(children).toHaveLength(3);
    expect(supervisor.current).toMatchObject({
      state: 'down',
      cause: 'The station ended with exit code 1: still broken',
    });
    await expect(supervisor.call('snapshot', {})).rejects.toThrow('still broken');

    supervisor.begin();
    await time.pass(0);
    expect(children).toHaveLength(4);
    children[3]!.say({ type: 'ready' });
    expect(supervisor.current.state).toBe('up');
  });

  test('a process that lived long has its restarts back', async () => {
    children[0]!.end(1);
    await time.pass(100);
    await time.pass(60_000);
    children[1]!.end(1);
    await time.pass(100);
    expect(children).toHaveLength(3);
  });

  test('does not try again where the station says that it cannot work', async () => {
    children[0]!.say({
      type: 'failed',
      error: {
        code: 'station/home-unusable',
        message: 'No room.',
        unchanged: '',
        remedy: 'Make room.',
        retriable: false,
      },
    });
    children[0]!.end(3);
    await time.pass(100_000);
    expect(children).toHaveLength(1);
    expect(supervisor.current).toMatchObject({ state: 'down', cause: 'No room. Make room.' });
  });

  test('stops the station in order', async () => {
    children[0]!.say({ type: 'ready' });
    const stopped = supervisor.stop(5_000);
    expect(children[0]!.sent).toEqual([{ type: 'stop' }]);
    children[0]!.end(0);
    await stopped;
    await time.pass(100_000);
    expect(children[0]!.killed).toBe(false);
    expect(children).toHaveLength(1);
    expect(supervisor.current).toEqual({ type: 'station-process', state: 'down', cause: null });
  });

  test('kills a station that does not stop in time', async () => {
    children[0]!.say({ type: 'ready' });
    const stopped = supervisor.stop(5_000);
    await time.pass(5_000);
    await stopped;
    expect(children[0]!.killed).toBe(true);
  });
});
