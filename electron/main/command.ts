/** Switches for Electron itself that may stand before or among the command's arguments. */
const ELECTRON_SWITCHES = [
  '--disable-gpu',
  '--enable-logging',
  '--headless',
  '--inspect',
  '--no-sandbox',
  '--ozone-platform',
  '--password-store',
  '--remote-debugging-pipe',
  '--remote-debugging-port',
  '--user-data-dir',
];
/** Options of the command that say that no window is wanted, without a sub-command. */
const COMMAND_OPTIONS = new Set(['--help', '-h', '--version', '-V']);
/** Options before the sub-command that take the next argument as their value. */
const WITH_VALUE = new Set(['--home']);

/** What the app was started for. */
export type Started =
  | { readonly as: 'command'; readonly args: readonly string[] }
  | { readonly as: 'window'; readonly home: string | undefined };

/**
 * Tells from the command line whether to run the `station` command or to open the window. `argv` as in
 * `process.argv`; `isDefaultApp` when Electron was given the app's folder as its first argument.
 */
export function startedAs(argv: readonly string[], isDefaultApp: boolean): Started {
  const all = argv.slice(1).filter((arg) => !ELECTRON_SWITCHES.includes(arg.split('=')[0] ?? ''));
  const args = isDefaultApp ? withoutFolder(all) : all;
  let home: string | undefined;
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? '';
    if (WITH_VALUE.has(arg)) {
      at += 1;
      home = args[at];
    } else if (arg.startsWith('--home=')) {
      home = arg.slice('--home='.length);
    } else if (COMMAND_OPTIONS.has(arg) || !arg.startsWith('-')) {
      return { as: 'command', args };
    }
  }
  return { as: 'window', home };
}

function withoutFolder(args: readonly string[]): string[] {
  const folder = args.findIndex((arg) => !arg.startsWith('-'));
  return args.filter((_, index) => index !== folder);
}
