/** Electron's command line: options for Node, switches for Chromium, the app's folder, and the app's own arguments. */
export interface CommandLine {
  /** Scripts to load before the app (`-r FILE`). */
  readonly requires: readonly string[];
  /** The inspector's port where one is asked for (`--inspect[=PORT]`). */
  readonly inspectPort: number | undefined;
  /** Every `--name[=value]`, for `app.commandLine`. */
  readonly switches: Map<string, string>;
  /** The app's folder: the first argument that is not an option. */
  readonly appFolder: string;
}

/** Reads the arguments after the executable. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const requires: string[] = [];
  const switches = new Map<string, string>();
  let inspectPort: number | undefined;
  let appFolder: string | undefined;
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? '';
    if (appFolder === undefined && (arg === '-r' || arg === '--require')) {
      at += 1;
      requires.push(args[at] ?? '');
    } else if (arg.startsWith('--')) {
      const [name = '', ...value] = arg.slice(2).split('=');
      switches.set(name, value.join('='));
      if (name === 'inspect') inspectPort = Number(value[0] ?? 9229);
    } else if (!arg.startsWith('-')) {
      appFolder ??= arg;
    }
  }
  return { requires, inspectPort, switches, appFolder: appFolder ?? '.' };
}
