/** How control leaves the ordinary course of a shell: thrown, and caught by whom it concerns. */
import type { Signal } from './process.ts';

/** Leaves loops. */
export class LoopControl extends Error {
  readonly how: 'break' | 'continue';
  readonly levels: number;
  constructor(how: 'break' | 'continue', levels: number) {
    super(how);
    this.how = how;
    this.levels = levels;
  }
}

/** Leaves a function or a sourced file. */
export class FunctionReturn extends Error {
  readonly status: number;
  constructor(status: number) {
    super('return');
    this.status = status;
  }
}

/** Ends the shell. */
export class ShellExit extends Error {
  readonly status: number;
  constructor(status: number) {
    super('exit');
    this.status = status;
  }
}

/** A `read` or `wait` broken off by a signal with a trap. */
export class Interrupted extends Error {
  readonly signal: Signal;
  constructor(signal: Signal) {
    super('interrupted');
    this.signal = signal;
  }
}
