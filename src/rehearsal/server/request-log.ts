import type { StepName } from './faults.ts';

/** One call that was made; never what was in it. */
export interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  readonly step: StepName | undefined;
  /** What was answered; `dropped` and `hung` where nothing was. */
  readonly status: number | 'dropped' | 'hung';
}

/** Which calls to count. */
export interface RequestFilter {
  readonly method?: string;
  readonly path?: string | RegExp;
  readonly step?: StepName;
  readonly status?: LoggedRequest['status'];
}

const KEPT = 50_000;

/** The calls that were made, the last fifty thousand of them. */
export class RequestLog {
  private kept: LoggedRequest[] = [];
  private all = 0;

  add(request: LoggedRequest): void {
    this.all += 1;
    this.kept.push(request);
    if (this.kept.length > 2 * KEPT) this.kept = this.kept.slice(-KEPT);
  }

  /** Calls since the start or the last `clear`, kept or not. */
  get total(): number {
    return this.all;
  }

  get entries(): readonly LoggedRequest[] {
    return this.kept;
  }

  /** How many of the kept calls match. */
  count(filter: RequestFilter): number {
    return this.kept.filter((entry) => {
      const path =
        filter.path === undefined ||
        (typeof filter.path === 'string' ? filter.path === entry.path : filter.path.test(entry.path));
      return (
        path &&
        entry.method === (filter.method ?? entry.method) &&
        entry.status === (filter.status ?? entry.status) &&
        (filter.step === undefined || entry.step === filter.step)
      );
    }).length;
  }

  clear(): void {
    this.kept = [];
    this.all = 0;
  }
}
