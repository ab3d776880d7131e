import type { DeviceDescription } from '../../model/inventory.ts';
import type { ServerProfile } from '../../model/server-profile.ts';
import { StationError } from '../../model/station-error.ts';
import type { DeviceInventory } from '../device-server.ts';
import type { DescribeAnswer, InventoryDevice, MenderApi } from './api.ts';

/** Tries against other writers of tags. */
const ROUNDS = 4;

type Calls = Pick<MenderApi, 'inventoryDevice' | 'addTags' | 'setGroup'>;

/**
 * Tags and groups in a Mender server's inventory. Tags are added or changed by name (`PATCH`), only while the device is as
 * it was read (`If-Match`): what another program writes meanwhile stays.
 */
export function menderInventory(profile: Pick<ServerProfile, 'name'>, api: Calls): DeviceInventory {
  return {
    async describe(deviceId, { tags, group }, signal) {
      for (let round = 0; round < ROUNDS; round += 1) {
        const device = await api.inventoryDevice(deviceId, signal);
        if (device === null) return 'unknown';
        const answer = await bring(api, deviceId, device, { tags, group }, signal);
        if (answer !== 'changed') return answer;
      }
      throw new StationError('inventory/contended', { server: profile.name, device: deviceId });
    },
  };
}

/** What is as it should be is not sent again: who repeats this after a lost answer writes nothing twice. */
async function bring(
  api: Calls,
  deviceId: string,
  device: InventoryDevice,
  { tags, group }: DeviceDescription,
  signal: AbortSignal,
): Promise<DescribeAnswer> {
  const missing = Object.fromEntries(
    Object.entries(tags).filter(([name, value]) => device.tags.get(name) !== value),
  );
  if (Object.keys(missing).length > 0) {
    const answer = await api.addTags(deviceId, missing, device.etag, signal);
    if (answer !== 'done') return answer;
  }
  if (group === null || device.group === group) return 'done';
  return await api.setGroup(deviceId, group, signal);
}
