import { describe, expect, it } from 'vitest';
import { CLEAR, Lane, seeded } from './lane.ts';

const lane = (shape: Partial<typeof CLEAR>, seed = 1) => new Lane({ ...CLEAR, ...shape }, seeded(seed));
const bytes = (count: number) => Buffer.alloc(count, 'x');

describe('a lane of a cable', () => {
  it('carries everything at once when it has no baud rate', () => {
    const wire = lane({});
    wire.push(bytes(5000), 0);
    expect(wire.take(0).length).toBe(5000);
    expect(wire.due()).toBeUndefined();
  });

  it('takes ten bits a byte: 115200 baud are 11,520 bytes a second', () => {
    const wire = lane({ baud: 115_200 });
    wire.push(bytes(20_000), 100);
    let arrived = 0;
    for (let now = 100; now <= 1100; now += 0.7) arrived += wire.take(now).length;
    expect(arrived).toBeGreaterThanOrEqual(11_500);
    expect(arrived).toBeLessThanOrEqual(11_520);
  });

  it('gives idle time no credit: a byte after a pause takes its own time', () => {
    const wire = lane({ baud: 9600 });
    wire.push(bytes(1), 0);
    wire.take(2);
    wire.push(bytes(10), 5000);
    expect(wire.take(5000.5).length).toBe(0);
    expect(wire.take(5005.3).length).toBe(5);
  });

  it('holds a short reply for the latency of the adapter, and a full packet not at all', () => {
    const wire = lane({ latencyMs: 16 });
    wire.push(bytes(10), 0);
    expect(wire.take(0).length).toBe(0);
    expect(wire.take(15.9).length).toBe(0);
    expect(wire.due()).toBe(16);
    expect(wire.take(16).length).toBe(10);
    wire.push(bytes(62), 20);
    expect(wire.take(20).length).toBe(62);
  });

  it('loses what does not fit its buffer when nothing holds the sender back', () => {
    const wire = lane({ baud: 9600, fifo: 128 });
    wire.push(bytes(500), 0);
    expect(wire.waiting).toBe(128);
  });

  it('lets the kernel interrupt a line that is on the wire', () => {
    const wire = lane({ baud: 9600 });
    wire.push(Buffer.from('abcdef'), 0);
    const before = wire.take(3.2).toString();
    wire.interject(Buffer.from('[kernel]'), 3.2);
    expect(before + wire.take(1000).toString()).toBe('abc[kernel]def');
  });

  it('loses and flips as often as it is told to, and the same bytes for the same seed', () => {
    const spoil = (seed: number) => {
      const wire = lane({ drop: 0.01, flip: 0.01 }, seed);
      wire.push(bytes(20_000), 0);
      return wire.take(0);
    };
    const spoilt = spoil(7);
    expect(spoilt.length).toBeGreaterThan(19_700);
    expect(spoilt.length).toBeLessThan(19_900);
    expect(spoilt.filter((byte) => byte !== 0x78).length).toBeGreaterThan(100);
    expect(spoil(7).equals(spoilt)).toBe(true);
    expect(spoil(8).equals(spoilt)).toBe(false);
  });
});
