import type { Answer, FromStation, StationProcessEvent, ToStation } from '../messages.ts';

/** A started station process, as far as its supervisor needs it. */
export interface Child {
  postMessage(message: ToStation): void;
  kill(): void;
  onMessage(listener: (message: FromStation) => void): void;
  /** The exit code, and the last lines that the process wrote on stderr. */
  onExit(listener: (code: number, lastWords: string) => void): void;
}

export interface SupervisorOptions {
  /** Starts a process and hands it what it needs to begin. */
  readonly start: () => Promise<Child>;
  readonly onEvent: (event: unknown) => void;
  /** Milliseconds before restart n (from 0); the length of the list is how often it is tried in a row. */
  readonly delaysMs?: readonly number[];
  /** A process that lived this long has its restarts back, in milliseconds. */
  readonly steadyMs?: number;
  readonly timers?: { setTimeout(callback: () => void, ms: number): unknown; now(): number };
}

/** A call that got no answer since the station's process ended. */
export class StationGone extends Error {
  override name = 'StationGone';
}

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

const DELAYS_MS = [250, 1_000, 3_000, 10_000];
const STEADY_MS = 60_000;

/**
 * Keeps the station's process alive: restarts it when it ends, a few times in a row with growing pauses, and says each
 * time why it ended. Calls wait for a process that is starting; those in flight when it ends are rejected.
 */
export class Supervisor {
  private readonly options: SupervisorOptions;
  private readonly delaysMs: readonly number[];
  private readonly timers: NonNullable<SupervisorOptions['timers']>;
  private readonly waiting = new Map<number, Waiting>();
  private child: Child | undefined;
  /** Resolves when the current process answers calls. */
  private ready = Promise.withResolvers<Child>();
  private exited = Promise.withResolvers<undefined>();
  private restarts = 0;
  private startedAt = 0;
  private lastId = 0;
  private stopping = false;
  private state: StationProcessEvent = { type: 'station-process', state: 'restarting', cause: null };

  constructor(options: SupervisorOptions) {
    this.options = options;
    this.delaysMs = options.delaysMs ?? DELAYS_MS;
    this.timers = options.timers ?? { setTimeout, now: () => performance.now() };
    this.ready.promise.catch(() => undefined);
  }

  /** How the process is, for a window that has just been opened. */
  get current(): StationProcessEvent {
    return this.state;
  }

  /** Starts the process; also again after it was given up. */
  begin(): void {
    if (this.child !== undefined || this.stopping) return;
    if (this.state.state === 'down') this.renew();
    this.restarts = 0;
    void this.spawn();
  }

  /** Passes a call on and resolves with the station's answer. Rejects with StationGone when its process ends first. */
  async call(method: string, params: unknown): Promise<Answer> {
    const child = await this.ready.promise;
    this.lastId += 1;
    const id = this.lastId;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      child.postMessage({ type: 'call', id, method, params });
    });
  }

  /** Lets the station bring its boards to a safe state and end; kills it when that takes longer than `deadlineMs`. */
  async stop(deadlineMs: number): Promise<void> {
    this.stopping = true;
    const child = this.child;
    if (child === undefined) return;
    child.postMessage({ type: 'stop' });
    this.timers.setTimeout(() => {
      if (this.child === child) child.kill();
    }, deadlineMs);
    await this.exited.promise;
  }

  private async spawn(): Promise<void> {
    this.startedAt = this.timers.now();
    this.exited = Promise.withResolvers<undefined>();
    try {
      const child = await this.options.start();
      this.child = child;
      child.onMessage((message) => this.receive(child, message));
      child.onExit((code, lastWords) => this.ended(code, lastWords));
    } catch (error) {
      this.ended(-1, error instanceof Error ? error.message : String(error));
    }
  }

  private receive(child: Child, message: FromStation): void {
    switch (message.type) {
      case 'ready':
        this.ready.resolve(child);
        this.tell({ type: 'station-process', state: 'up', cause: null });
        return;
      case 'failed':
        // It cannot work as things are (a full disk, an unreadable home): the same would happen again.
        this.restarts = this.delaysMs.length;
        this.tell({
          type: 'station-process',
          state: 'down',
          cause: `${message.error.message} ${message.error.remedy}`,
        });
        return;
      case 'event':
        this.options.onEvent(message.event);
        return;
      case 'answer': {
        const waiting = this.waiting.get(message.id);
        this.waiting.delete(message.id);
        waiting?.resolve(message.answer);
        return;
      }
    }
  }

  private ended(code: number, lastWords: string): void {
    this.child = undefined;
    this.exited.resolve(undefined);
    const cause =
      this.state.state === 'down' && this.state.cause !== null ? this.state.cause : reason(code, lastWords);
    const gone = new StationGone(this.stopping ? 'The station has ended.' : cause);
    for (const { reject } of this.waiting.values()) reject(gone);
    this.waiting.clear();
    if (this.timers.now() - this.startedAt >= (this.options.steadyMs ?? STEADY_MS)) this.restarts = 0;
    const delay = this.stopping ? undefined : this.delaysMs[this.restarts];
    if (delay === undefined) {
      this.ready.reject(gone);
      this.tell({ type: 'station-process', state: 'down', cause: this.stopping ? null : cause });
      return;
    }
    this.renew();
    this.restarts += 1;
    this.tell({ type: 'station-process', state: 'restarting', cause });
    this.timers.setTimeout(() => {
      if (!this.stopping) void this.spawn();
    }, delay);
  }

  /** Calls from now on wait for the next process. */
  private renew(): void {
    this.ready.reject(new StationGone('The station has ended.'));
    this.ready = Promise.withResolvers<Child>();
    this.ready.promise.catch(() => undefined);
  }

  private tell(state: StationProcessEvent): void {
    this.state = state;
    this.options.onEvent(state);
  }
}

function reason(code: number, lastWords: string): string {
  const words = lastWords.trim().split('\n').slice(-3).join(' ').slice(-400);
  const how = code === 0 ? 'The station ended by itself' : `The station ended with exit code ${code}`;
  return words === '' ? `${how}.` : `${how}: ${words}`;
}
