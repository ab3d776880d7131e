import type { Environment } from './environment.ts';

const WINDOW_MS = 60_000;

/** Counts verified calls per user and per device in windows of a minute. */
export class QuotaMeter {
  private readonly environment: Environment;
  private readonly counts = new Map<string, { window: number; calls: number }>();

  constructor(environment: Environment) {
    this.environment = environment;
  }

  /** Counts a call; the seconds until the next window when it is one too many. */
  exceeded(who: 'user' | 'device', id: string): number | undefined {
    const { quota } = this.environment;
    if (!quota) return undefined;
    const now = this.environment.clock();
    const window = Math.floor(now / WINDOW_MS);
    const key = `${who} ${id}`;
    const entry = this.counts.get(key);
    const calls = entry?.window === window ? entry.calls + 1 : 1;
    this.counts.set(key, { window, calls });
    const allowed = who === 'user' ? quota.perUser : quota.perDevice;
    return calls > allowed ? Math.max(1, Math.ceil(((window + 1) * WINDOW_MS - now) / 1000)) : undefined;
  }
}
