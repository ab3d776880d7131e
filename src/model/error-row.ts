/** A row of the table of errors. `{name}` in a text is filled with the error's details. */
export interface ErrorRow {
  readonly message: string;
  /** What was not changed when this is raised without a better sentence from the flow. */
  readonly unchanged: string;
  readonly remedy: string;
  /** Whether the same call can succeed without anything being mended first. */
  readonly retriable: boolean;
}

export function row(message: string, unchanged: string, remedy: string, retriable = false): ErrorRow {
  return { message, unchanged, remedy, retriable };
}
