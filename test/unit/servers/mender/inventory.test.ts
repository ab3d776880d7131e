import { describe, expect, it } from 'vitest';
import type { MenderServer as Rehearsal } from '../../../../src/rehearsal/server/index.ts';
import { menderInventory } from '../../../../src/servers/mender/inventory.ts';
import type { MenderServer } from '../../../../src/servers/mender/index.ts';
import { bench, code, MODES, never, pending, setOf } from './bench.ts';

async function accepted(server: MenderServer): Promise<string> {
  const { pair, device } = await pending(server);
  await server.accept(device.id, setOf(device, pair), never);
  return device.id;
}

const tagsOf = (rehearsal: Rehearsal, id: string) => rehearsal.inspect().find((one) => one.id === id)?.tags;
const writes = (rehearsal: Rehearsal): readonly string[] =>
  rehearsal.requests.entries
    .filter(({ step }) => step === 'tags' || step === 'group')
    .map(({ step }) => step ?? '');

describe.each(MODES)('tags and group in the inventory of a server of %s', (mode) => {
  it('are set beside those of others, and what is right already is not sent again', async () => {
    await using there = await bench(mode);
    const { server, rehearsal } = there;
    const id = await accepted(server);
    await server.api.addTags(id, { colour: 'blue', name: 'old' }, null, never);
    const as = { tags: { name: 'gateway 7', order: '4711' }, group: 'plant-7' };
    const before = writes(rehearsal).length;
    expect(await server.inventory?.describe(id, as, never)).toBe('done');
    expect(tagsOf(rehearsal, id)).toEqual({ colour: 'blue', name: 'gateway 7', order: '4711' });
    expect(rehearsal.inspect()[0]?.group).toBe('plant-7');
    expect(writes(rehearsal).slice(before)).toEqual(['tags', 'group']);
    expect(await server.inventory?.describe(id, as, never)).toBe('done');
    expect(writes(rehearsal).slice(before)).toEqual(['tags', 'group']);
  });

  it('are not known before the inventory has learnt of the device, and nothing is written', async () => {
    await using there = await bench(mode, { inventoryLagMs: 60_000 });
    const id = await accepted(there.server);
    expect(await there.server.inventory?.describe(id, { tags: { a: 'b' }, group: 'c' }, never)).toBe(
      'unknown',
    );
    expect(writes(there.rehearsal)).toEqual([]);
  });

  it('that another program changes between reading and writing are read again, and both are there', async () => {
    await using there = await bench(mode);
    const { server, rehearsal } = there;
    const id = await accepted(server);
    const { api } = server;
    let other = ['blue'];
    const disturbed = menderInventory(server.profile, {
      async inventoryDevice(deviceId, signal) {
        const device = await api.inventoryDevice(deviceId, signal);
        for (const colour of other) await api.addTags(deviceId, { colour }, null, signal);
        other = [];
        return device;
      },
      addTags: (...args) => api.addTags(...args),
      setGroup: (...args) => api.setGroup(...args),
    });
    expect(await disturbed.describe(id, { tags: { order: '1' }, group: null }, never)).toBe('done');
    expect(tagsOf(rehearsal, id)).toEqual({ colour: 'blue', order: '1' });
  });

  it('that the inventory takes in no case are refused in its words, and the others stay', async () => {
    await using there = await bench(mode);
    const { server, rehearsal } = there;
    const id = await accepted(server);
    const many = (prefix: string): Readonly<Record<string, string>> =>
      Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`${prefix}${n}`, 'x']));
    await server.inventory?.describe(id, { tags: many('a'), group: null }, never);
    await expect(server.inventory?.describe(id, { tags: many('b'), group: null }, never)).rejects.toEqual(
      code('inventory/refused', { server: server.profile.name }),
    );
    await expect(server.inventory?.describe(id, { tags: {}, group: 'no blanks' }, never)).rejects.toEqual(
      code('inventory/refused'),
    );
    expect(tagsOf(rehearsal, id)).toEqual(many('a'));
  });
});
