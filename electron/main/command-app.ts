/** Runs the `station` command inside the app's executable, without a window. Resolves with its exit status. */
export async function runCommand(args: readonly string[]): Promise<number> {
  await Promise.resolve();
  console.error(`station ${args.join(' ')}: not built yet`);
  return 3;
}
