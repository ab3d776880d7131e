/** Minutes that are offered; 0 is never. */
export const IDLE_CHOICES: readonly number[] = [0, 1, 2, 5, 10, 15, 30, 60, 120];
