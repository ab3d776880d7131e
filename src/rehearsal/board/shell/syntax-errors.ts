/** Why a text is no program of the shell language. */

/** Input that a shell refuses. */
export class ShellSyntaxError extends Error {
  override readonly name: string = 'ShellSyntaxError';
}

/** Input that could go on: an interactive shell asks for another line. */
export class Incomplete extends ShellSyntaxError {
  override readonly name = 'Incomplete';
}
