/** Before any suite of the rig: what the boards are made of is there. */
import { rigObstacle } from './packages.ts';
import { ensureTree } from './tree.ts';

export default async function setup(): Promise<void> {
  const obstacle = rigObstacle();
  if (obstacle !== undefined) throw new Error(`not run: rig (${obstacle})`);
  await ensureTree((line) => process.stderr.write(`rig: ${line}\n`));
}
