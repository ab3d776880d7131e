import { CommanderError } from 'commander';
import { asStationError, type StationError } from '../model/station-error.ts';
import { takeProxies } from '../servers/http/proxy.ts';
import { takeSecrets } from '../settings/index.ts';
import { exitStatusOf, type ExitStatus } from './exit-status.ts';
import type { CommandIo, CommonOptions } from './io.ts';
import { Output } from './output.ts';
import { printable, printableValue } from './printable.ts';
import { buildProgram } from './program.ts';

/** Runs one `station` command. Resolves to its exit status; never rejects. */
export async function main(args: readonly string[], io: CommandIo): Promise<ExitStatus> {
  const secrets = takeSecrets(io.env);
  const proxies = takeProxies(io.env);
  const { rest, json } = takeJson(args);
  let common: CommonOptions = { json, quiet: false, color: false };
  const state = { status: 0 as ExitStatus };
  const program = buildProgram({
    io,
    secrets,
    proxies,
    json,
    began: (options) => (common = options),
    ended: (status) => (state.status = status),
  });
  try {
    await program.parseAsync([...rest], { from: 'user' });
    return state.status;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
    const error = asStationError(thrown);
    const output = new Output(io, common);
    if (common.json !== false) output.result({ error: error.toReport() }, () => '');
    const { message, unchanged, remedy } = printableValue(error.toReport());
    output.error(`${output.style('red', `error ${error.code}`)}: ${message}`);
    output.error(`  ${unchanged}`);
    output.error(`  ${remedy}`);
    if (error.code === 'station/internal') output.error(stackOf(error));
    return exitStatusOf(error.code);
  }
}

function stackOf(error: StationError): string {
  const { stack = '' } = error.cause instanceof Error ? error.cause : error;
  return stack.split('\n').map(printable).join('\n');
}

/** `--json` and `--json=lines` may stand anywhere; taken out first, since an optional value would swallow the next word. */
function takeJson(args: readonly string[]): {
  readonly rest: readonly string[];
  readonly json: CommonOptions['json'];
} {
  const end = args.indexOf('--');
  const head = end < 0 ? args : args.slice(0, end);
  const json = head.includes('--json=lines') ? 'lines' : head.includes('--json') ? 'document' : false;
  const isJson = (word: string): boolean => word === '--json' || word === '--json=lines';
  return { rest: [...head.filter((word) => !isJson(word)), ...(end < 0 ? [] : args.slice(end))], json };
}
