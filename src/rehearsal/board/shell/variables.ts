/** The variables of a shell. */
import type { ByteString } from '../bytes.ts';
import { ExpansionError } from './expand.ts';

/** A variable that has been assigned, exported or protected; the latter two may leave it without a value. */
export interface Variable {
  value: ByteString | undefined;
  exported: boolean;
  readonly: boolean;
}

/** The variables of one shell by name. */
export class Variables extends Map<string, Variable> {
  /** What the functions that run now have hidden, the innermost last. */
  private readonly frames: Map<string, Variable | undefined>[] = [];

  /** Assigns a value. `exported` counts for a variable that is new. Throws `ExpansionError` when it is read only. */
  assign(name: string, value: ByteString, exported = false): void {
    const variable = this.get(name);
    if (variable?.readonly) throw new ExpansionError(`${name}: is read only`);
    if (variable) variable.value = value;
    else this.set(name, { value, exported, readonly: false });
  }

  /** Removes a variable. Throws `ExpansionError` when it is read only. */
  unset(name: string): void {
    if (this.get(name)?.readonly) throw new ExpansionError(`${name}: is read only`);
    this.delete(name);
  }

  /** Makes a variable part of the environment of programs. */
  export(name: string): void {
    const variable = this.get(name);
    if (variable) variable.exported = true;
    else this.set(name, { value: undefined, exported: true, readonly: false });
  }

  /** Begins a function, whose local variables end with it. */
  enterFunction(): void {
    this.frames.push(new Map());
  }

  /** Ends the innermost function: what its local variables hid comes back. */
  leaveFunction(): void {
    for (const [name, variable] of this.frames.pop() ?? []) {
      if (variable) this.set(name, variable);
      else this.delete(name);
    }
  }

  /** Makes a variable of the function that runs; false outside of any. */
  local(name: string): boolean {
    const frame = this.frames.at(-1);
    if (!frame) return false;
    const old = this.get(name);
    if (!frame.has(name)) frame.set(name, old && { ...old });
    return true;
  }

  /** What a program is started with, `extra` added. */
  environment(extra: readonly (readonly [string, ByteString])[] = []): Map<string, ByteString> {
    const environment = new Map<string, ByteString>();
    for (const [name, { value, exported }] of this)
      if (exported && value !== undefined) environment.set(name, value);
    for (const [name, value] of extra) environment.set(name, value);
    return environment;
  }
}
