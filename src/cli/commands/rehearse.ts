import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { DEFAULT_ADMIN, serveUntilAborted } from '../../rehearsal/server/index.ts';
import { MIC_ADMIN, startMicServer } from '../../rehearsal/mic/index.ts';
import { REHEARSAL } from '../../rehearsal/bench.ts';
import { FAILURES, type FailureKind } from '../../rehearsal/failures.ts';
import { startOldServer } from '../../rehearsal/server/old-server.ts';
import { openStation } from '../../station.ts';
import { action, type CommandContext, type ProgramParts } from '../context.ts';
import type { ExitStatus } from '../exit-status.ts';
import { enter } from '../operator.ts';
import { wholeNumber } from '../numbers.ts';
import { showProgress } from '../progress.ts';
import { tellReport } from './provision.ts';

interface RehearseOptions {
  readonly boards: string;
  readonly kind: 'mender' | 'mic';
  readonly fail?: FailureKind;
  readonly serve?: string;
  readonly mode: '2026' | '2023';
  readonly accounts?: boolean;
  /** False for a server of 1.0 that waits for its first user. */
  readonly users: boolean;
  readonly tls?: boolean;
}

/** `station rehearse`. */
export function addRehearseCommand(program: Command, parts: ProgramParts): void {
  const command = program
    .command('rehearse')
    .description(
      'the embedded bench: simulated boards are provisioned against a Mender-compatible server, or with --kind mic a stack of the Managed IoT Cloud',
    )
    .option('--boards <n>', 'how many boards', '4')
    .addOption(
      new Option('--fail <kind>', 'let something go wrong, to see what the station does').choices(
        Object.keys(FAILURES),
      ),
    )
    .addOption(
      new Option('--kind <kind>', 'what kind of server: a Mender server, or a stack of the Managed IoT Cloud')
        .choices(['mender', 'mic'])
        .default('mender'),
    )
    .addOption(
      new Option('--mode <mode>', 'as a Mender server of that year')
        .choices(['2026', '2023'])
        .default('2026'),
    )
    .option('--serve <port>', 'run only the server, until interrupted')
    .option(
      '--accounts',
      'with --serve: also otp@, sso@ and reader@bench.local: a second factor (123456), single sign-on, few rights',
    )
    .option('--no-users', 'with --serve: a Mender server of 1.0 without any user, as documents describe it')
    .option('--tls', 'with --serve: https with a certificate of its own CA');
  action<RehearseOptions>(command, parts, (context, options) =>
    options.serve === undefined
      ? rehearse(context, options)
      : SERVES[options.kind](context, options, options.serve),
  );
}

async function rehearse(
  context: CommandContext,
  { boards, kind, fail, mode }: RehearseOptions,
): Promise<ExitStatus> {
  const count = wholeNumber(boards, '--boards', 1, 64);
  const { common, io } = context;
  // Simulated boards have no place in the record of real ones.
  const temporary = common.home === undefined ? await mkdtemp(join(tmpdir(), 'station-rehearsal-')) : null;
  try {
    await using station = await openStation({
      home: common.home ?? temporary ?? undefined,
      access: 'write',
      probing: false,
      program: 'station rehearse',
      clock: io.clock,
      forgetful: true,
    });
    await enter(station, context.operator, 'write');
    using _progress = showProgress(station, io, context.output, common.quiet);
    const { slots, preferences } = await station.call('rehearsal.start', {
      boards: count,
      kind,
      mode,
      ...(fail === undefined ? {} : { fail }),
    });
    const ports = slots.filter(({ simulated }) => simulated).map(({ port }) => port);
    const report = await station.call(
      'provision',
      { ports, server: REHEARSAL, profile: preferences.profile ?? 'mender' },
      io.interrupted,
    );
    _progress[Symbol.dispose]();
    return tellReport(context, report);
  } finally {
    if (temporary !== null) await rm(temporary, { recursive: true, force: true });
  }
}

async function serve(
  { io, output }: CommandContext,
  { mode, accounts, users, tls }: RehearseOptions,
  text: string,
): Promise<ExitStatus> {
  const port = wholeNumber(text, '--serve', 0, 65_535);
  if (!users) {
    await using server = await startOldServer({ port, tls: tls === true });
    const { url, ca } = server;
    output.result({ url, admin: null, mode: '1.0', ca: ca ?? null }, () =>
      ca === undefined ? url : `${url}\n${ca}`,
    );
    output.note('A Mender server of 1.0 without any user: login, first user, auth requests. Ctrl-C ends it.');
    if (!io.interrupted.aborted) await once(io.interrupted, 'abort');
    return 0;
  }
  await serveUntilAborted(
    { port, mode, tls: tls === true, accounts: accounts === true ? ACCOUNTS : [] },
    {
      signal: io.interrupted,
      listening: ({ url, ca }) => {
        output.result({ url, admin: DEFAULT_ADMIN.email, mode, ca: ca ?? null }, () =>
          ca === undefined ? url : `${url}\n${ca}`,
        );
        output.note(
          `A Mender-compatible server of ${mode}. Admin: ${DEFAULT_ADMIN.email}, password: ${DEFAULT_ADMIN.password}. Ctrl-C ends it.`,
        );
      },
    },
  );
  return 0;
}

/** A stack of the Managed IoT Cloud, with a discovery service that knows it. */
async function serveStack(
  { io, output }: CommandContext,
  { tls }: RehearseOptions,
  port: string,
): Promise<ExitStatus> {
  await using stack = await startMicServer({
    port: wholeNumber(port, '--serve', 0, 65_535),
    tls: tls === true,
  });
  const { url, stackHost, discoveryUrl, apiKey, ca } = stack;
  const { userName, password } = MIC_ADMIN;
  output.result(
    { url, host: stackHost, discovery: discoveryUrl, apiKey, admin: userName, ca },
    () => `${url}\n${ca}`,
  );
  output.note(
    `A stack like those of the Managed IoT Cloud. Host: ${stackHost}, discovery: ${discoveryUrl}, API key: ${apiKey}. User: ${userName}, password: ${password}. The CA is that of its MQTT endpoint. Ctrl-C ends it.`,
  );
  if (!io.interrupted.aborted) await once(io.interrupted, 'abort');
  return 0;
}

/** Accounts that are not a plain admin's, all with the admin's password. */
const ACCOUNTS = [
  { email: 'otp@bench.local', password: DEFAULT_ADMIN.password, otp: '123456' },
  { email: 'sso@bench.local', password: DEFAULT_ADMIN.password, singleSignOn: true },
  { email: 'reader@bench.local', password: DEFAULT_ADMIN.password, role: 'reader' },
] as const;

const SERVES = { mender: serve, mic: serveStack } as const;
