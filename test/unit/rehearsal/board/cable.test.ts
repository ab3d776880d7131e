import { describe, expect, it } from 'vitest';
import {
  createCable,
  createSimulatedBoard,
  createVirtualClock,
  type CableOptions,
} from '../../../../src/rehearsal/board/index.ts';
import type { ByteLink, LinkEnd } from '../../../../src/serial/link.ts';

/** A far end that takes all and says what it is told to. */
function farEnd(): {
  link: ByteLink;
  said: () => string;
  say: (text: string) => void;
  end: (end: LinkEnd) => void;
  closed: () => boolean;
} {
  let receiver: ((data: Uint8Array) => void) | undefined;
  let said = '';
  let closed = false;
  const { promise, resolve } = Promise.withResolvers<LinkEnd>();
  return {
    said: () => said,
    say: (text) => receiver?.(Buffer.from(text, 'latin1')),
    end: resolve,
    closed: () => closed,
    link: {
      name: 'far',
      ended: promise,
      write: (data) => {
        said += Buffer.from(data).toString('latin1');
        return Promise.resolve();
      },
      onData: (receive) => {
        receiver = receive;
        return () => (receiver = undefined);
      },
      close: () => {
        closed = true;
        resolve({ why: 'closed' });
        return Promise.resolve();
      },
    },
  };
}

function cabled(options: CableOptions = {}) {
  const clock = createVirtualClock(0);
  const far = farEnd();
  const cable = createCable(far.link, { clock, ...options });
  let heard = '';
  cable.link.onData((data) => (heard += Buffer.from(data).toString('latin1')));
  return { clock, far, cable, heard: () => heard };
}

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

describe('a cable', () => {
  it('takes ten bits a byte', async () => {
    const { clock, far, cable } = cabled({ baud: 9600 });
    let done = false;
    const writing = cable.link.write(bytes('a'.repeat(960))).then(() => (done = true));
    await clock.advance(900);
    expect(done).toBe(false);
    expect(far.said().length).toBeGreaterThan(700);
    await clock.advance(101);
    await writing;
    expect(far.said()).toHaveLength(960);
  });

  it("holds a short reply back for the adapter's latency, a long one not", async () => {
    const { clock, far, heard } = cabled({ baud: 115_200, latency: 16 });
    far.say('short');
    await clock.advance(15);
    expect(heard()).toBe('');
    await clock.advance(2);
    expect(heard()).toBe('short');
    far.say('x'.repeat(620));
    await clock.advance(27);
    expect(heard().length).toBeGreaterThan(200);
    await clock.advance(60);
    expect(heard()).toHaveLength(625);
  });

  it('damages the same bytes for the same seed', async () => {
    const run = async (seed: number): Promise<string> => {
      const { clock, far, cable } = cabled({ seed, loss: { 'to-board': 0.02 }, flip: { 'to-board': 0.02 } });
      await cable.link.write(bytes('abcdefghij'.repeat(100)));
      await clock.settle();
      expect(cable.damaged).toBeGreaterThan(0);
      return far.said();
    };
    expect(await run(1)).toBe(await run(1));
    expect(await run(1)).not.toBe(await run(2));
    expect((await run(1)).length).toBeLessThan(1000);
  });

  it('is cut at exactly that byte, in either direction', async () => {
    const out = cabled({ cut: { direction: 'to-board', after: 5 } });
    await out.cable.link.write(bytes('12345678'));
    expect(out.far.said()).toBe('12345');
    expect(await out.cable.link.ended).toMatchObject({ why: 'lost' });
    await expect(out.cable.link.write(bytes('more'))).rejects.toMatchObject({ code: 'port/lost' });
    expect(out.far.closed()).toBe(true);

    const back = cabled({ cut: { direction: 'to-station', after: 3 } });
    back.far.say('abcdef');
    await back.clock.settle();
    expect(back.heard()).toBe('abc');
    expect(await back.cable.link.ended).toMatchObject({ why: 'lost' });
  });

  it('rejects what waits when the plug is pulled, and calls off what was aborted', async () => {
    const { clock, cable } = cabled({ baud: 300 });
    const abort = new AbortController();
    const aborted = cable.link.write(bytes('x'.repeat(100)), { signal: abort.signal });
    const waiting = cable.link.write(bytes('y'.repeat(100)));
    const seen = Promise.allSettled([aborted, waiting]);
    abort.abort(new Error('enough'));
    await clock.advance(10);
    cable.cut();
    await expect(seen).resolves.toMatchObject([
      { reason: { message: 'enough' } },
      { reason: { code: 'port/lost' } },
    ]);
    expect(clock.pending).toBe(0);
  });

  it('loses what a receiver without flow control cannot drain', async () => {
    const { far, cable } = cabled({ overrun: { bytes: 64, drain: 1 } });
    await cable.link.write(bytes('z'.repeat(200)));
    expect(far.said()).toHaveLength(64);
    expect(cable.damaged).toBe(136);
  });

  it('tells why the far end went', async () => {
    const { far, cable } = cabled();
    far.end({ why: 'lost', detail: 'gone' });
    expect(await cable.link.ended).toEqual({ why: 'lost', detail: 'gone' });
  });

  it('can be plugged in again: the shell is still there', async () => {
    const clock = createVirtualClock();
    await using board = createSimulatedBoard({
      clock,
      console: { start: 'shell-open' },
      client: { enabled: false },
    });
    const first = createCable(board.link(), { clock });
    await first.link.write(bytes('x=5\r'));
    await clock.settle();
    first.cut();
    await clock.settle();
    const second = createCable(board.link(), { clock });
    let heard = '';
    second.link.onData((data) => (heard += Buffer.from(data).toString('latin1')));
    await second.link.write(bytes('echo "x is $x"\r'));
    await clock.advance(100);
    expect(heard).toContain('x is 5\r\n');
  });
});

describe("a board's port", () => {
  it('is opened once at a time, and lost when it is unplugged', async () => {
    await using board = createSimulatedBoard({ client: { enabled: false } });
    const link = board.link();
    expect(() => board.link()).toThrow(expect.objectContaining({ code: 'port/busy' }) as Error);
    board.unplug();
    expect(await link.ended).toMatchObject({ why: 'lost' });
    await expect(link.write(bytes('\r'))).rejects.toMatchObject({ code: 'port/lost' });
    await link.close();
    await board.link().close();
  });

  it('keeps what came while nobody listened', async () => {
    const clock = createVirtualClock();
    await using board = createSimulatedBoard({ clock, client: { enabled: false } });
    const link = board.link();
    await link.write(bytes('\r'));
    await clock.advance(100);
    let heard = '';
    link.onData((data) => (heard += Buffer.from(data).toString('latin1')));
    await clock.settle();
    expect(heard).toMatch(/login: $/);
  });

  it('does not hold the process', async () => {
    const board = createSimulatedBoard({ client: { enabled: false } });
    const link = board.link();
    await link.write(bytes('\r'));
    await board[Symbol.asyncDispose]();
    expect(await link.ended).toMatchObject({ why: 'lost' });
  });
});
