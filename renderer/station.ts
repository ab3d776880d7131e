import type { CallInput, CallName, CallResults, StationEvent } from '../src/contract.ts';
import type { ErrorReport } from '../src/model/job.ts';
import { messages } from './messages.ts';

/** What the shell tells of the process that hosts the station: it may die, and is started again. */
export interface StationProcessEvent {
  readonly type: 'station-process';
  readonly state: 'up' | 'down' | 'restarting';
  /** A sentence on why it ended; null where nothing is wrong. */
  readonly cause: string | null;
}

/** `told`: the number that the station gave the event; see `Snapshot.told`. */
export type WindowEvent = (StationEvent & { readonly told?: number }) | StationProcessEvent;

export type Answer<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: ErrorReport };

/** The one thing that the preload script puts into the window. */
export interface Bridge {
  call(method: string, params: unknown): Promise<Answer<unknown>>;
  subscribe(listener: (event: WindowEvent) => void): () => void;
}

declare global {
  interface Window {
    readonly station?: Bridge;
  }
}

/** What the window asks of its shell and not of the station: what a page cannot do or remember by itself. */
export interface ShellCalls {
  /** The path of a folder that a person chose. */
  readonly 'shell.choose-folder': { readonly params: object; readonly result: string | null };
  /** The path of a file that the station reads. */
  readonly 'shell.choose-path': {
    readonly params: { readonly kind: 'csv' | 'json' };
    readonly result: string | null;
  };
  /** The path at which a person wants a file written. */
  readonly 'shell.choose-save': {
    readonly params: { readonly kind: 'pdf' | 'csv' | 'json' | 'db'; readonly name: string };
    readonly result: string | null;
  };
  readonly 'shell.choose-text': {
    readonly params: { readonly kind: 'certificate' | 'station-file' };
    readonly result: ChosenFile | null;
  };
  /** Writes a text where the person says; null: nowhere. */
  readonly 'shell.save-text': {
    readonly params: { readonly name: string; readonly text: string };
    readonly result: { readonly path: string; readonly written: boolean } | null;
  };
  readonly 'shell.theme': {
    readonly params: { readonly theme: 'system' | 'light' | 'dark' };
    readonly result: null;
  };
  readonly 'shell.copy': { readonly params: { readonly text: string }; readonly result: null };
  /** Starts the station's process after it was given up. */
  readonly 'shell.restart': { readonly params: object; readonly result: null };
}

/** A file that a person chose; no text where it cannot be read or is too large. */
export interface ChosenFile {
  readonly name: string;
  readonly text: string | null;
}

/** The station as the window calls it. A refusal comes as a `Refused` with the station's own report. */
export interface Station {
  call<N extends CallName>(name: N, params: CallInput<N>): Promise<CallResults[N]>;
  shell<N extends keyof ShellCalls>(
    name: N,
    params: ShellCalls[N]['params'],
  ): Promise<ShellCalls[N]['result']>;
  subscribe(listener: (event: WindowEvent) => void): () => void;
}

/** A call that the station answered with an error. */
export class Refused extends Error {
  readonly report: ErrorReport;

  constructor(report: ErrorReport) {
    super(report.message);
    this.name = 'Refused';
    this.report = report;
  }
}

/**
 * Gives the bridge its types. The station checks parameters where they enter it and is trusted for what it answers, so
 * nothing is parsed again here.
 */
export function stationOver(bridge: Bridge): Station {
  const ask = async (name: string, params: unknown): Promise<unknown> => {
    const answer = await bridge.call(name, params);
    if (!answer.ok) throw new Refused(answer.error);
    return answer.value;
  };
  return {
    call: async <N extends CallName>(name: N, params: CallInput<N>) =>
      (await ask(name, params)) as CallResults[N],
    shell: async <N extends keyof ShellCalls>(name: N, params: ShellCalls[N]['params']) =>
      (await ask(name, params)) as ShellCalls[N]['result'],
    subscribe: (listener) => bridge.subscribe(listener),
  };
}

/** The code of a call that the station did not answer. */
export const NO_ANSWER = 'window/no-answer';
/** What Electron puts before the message of an error that main threw. */
const REMOTE = /^Error invoking remote method '[^']*': (?:\w+: )?/;

/** Anything thrown by a call, as a report that can be shown. What is no refusal means that the station was not reached. */
export function reportOf(thrown: unknown): ErrorReport {
  if (thrown instanceof Refused) return thrown.report;
  const said = thrown instanceof Error ? thrown.message : String(thrown);
  return {
    code: NO_ANSWER,
    message: messages.window.noAnswer(said.replace(REMOTE, '').replace(/\.$/, '')),
    unchanged: messages.window.noAnswerUnchanged,
    remedy: messages.window.noAnswerRemedy,
    retriable: true,
  };
}
