import { access, constants, readdir, readFile, stat, statfs } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { DoctorLine, ServerTest } from '../contract.ts';
import type { JournalReader } from '../journal/index.ts';
import type { BoardProfiles, Home, KeyStore, Settings } from '../settings/index.ts';
import { asStationError } from '../model/station-error.ts';
import { runtimeName } from '../version.ts';
import { describeHolder, listPorts, portHolders } from '../serial/index.ts';

/** Under this much room the journal may soon not be written any more, and no board is changed without it. Bytes. */
const LOW_DISK = 200 * 1024 * 1024;

/** What the check of a machine looks at. */
export interface DoctorParts {
  readonly home: Home;
  readonly settings: Settings;
  readonly profiles: BoardProfiles;
  readonly keyStore: KeyStore;
  readonly journal: JournalReader;
  readonly holder: string | null;
  readonly testServer: (name: string) => Promise<ServerTest>;
}

/** Checks this machine. Changes nothing; each line that is not fine says how to mend it. */
export async function examine(parts: DoctorParts): Promise<readonly DoctorLine[]> {
  return [
    runtime(),
    clock(),
    ...(await homeLines(parts)),
    ...journalLines(parts),
    keyStore(parts.keyStore),
    ...profileLines(parts.profiles),
    ...(await portLines(parts.settings)),
    ...(await meddlers()),
    ...(await serverLines(parts)),
  ];
}

function line(
  check: string,
  state: DoctorLine['state'],
  text: string,
  remedy: string | null = null,
): DoctorLine {
  return { check, state, text, remedy };
}

function runtime(): DoctorLine {
  return line('runtime', 'ok', `${runtimeName()} on ${process.platform} ${process.arch}`);
}

/** A machine that starts without its battery-backed clock begins in the past; certificates then look not yet valid. */
function clock(): DoctorLine {
  const now = new Date();
  const plausible = now.getUTCFullYear() >= 2026;
  return plausible
    ? line('clock', 'ok', now.toISOString())
    : line(
        'clock',
        'bad',
        `${now.toISOString()} cannot be right`,
        'Set the clock of this machine; records and certificates depend on it.',
      );
}

async function homeLines({ home, holder }: DoctorParts): Promise<DoctorLine[]> {
  const { bavail, bsize } = await statfs(home.path);
  const free = bavail * bsize;
  const megabytes = Math.round(free / 1024 / 1024);
  const writable = await access(home.path, constants.W_OK).then(
    () => true,
    () => false,
  );
  return [
    writable
      ? line('home', 'ok', home.path)
      : line(
          'home',
          'bad',
          `${home.path} is not writable`,
          'Give this user the right to write there, or use --home.',
        ),
    free < LOW_DISK
      ? line(
          'disk',
          'bad',
          `${megabytes} MB free`,
          'Free some space: without room for the record no board is changed.',
        )
      : line('disk', 'ok', `${megabytes} MB free`),
    ...(holder === null
      ? []
      : [
          line(
            'in use',
            'note',
            `${holder} is working in this home`,
            'Only one station at a time changes boards from one home.',
          ),
        ]),
  ];
}

function journalLines({ journal }: DoctorParts): DoctorLine[] {
  const difference = journal.checkProjections();
  if (difference !== null) {
    return [
      line(
        'journal',
        'bad',
        `its tables do not follow from its events: ${difference}`,
        'Restore it from its backup; its events themselves are intact.',
      ),
    ];
  }
  const open = journal.openJobs().length;
  const interrupted =
    open === 0
      ? []
      : [
          line(
            'interrupted',
            'note',
            `${open} job(s) have no verdict`,
            'Connect those boards and provision them again; the station continues from what it finds.',
          ),
        ];
  return [line('journal', 'ok', `${journal.lastSeq()} events in ${journal.path}`), ...interrupted];
}

function keyStore({ protection }: KeyStore): DoctorLine {
  return line('key store', protection.class === 'os' ? 'ok' : 'note', protection.text);
}

function profileLines(profiles: BoardProfiles): DoctorLine[] {
  const problems = profiles.problems();
  if (problems.length === 0)
    return [
      line(
        'board profiles',
        'ok',
        profiles
          .list()
          .map(({ name }) => name)
          .join(', '),
      ),
    ];
  return problems.map(({ error }) => line('board profiles', 'bad', error.message, error.remedy));
}

async function portLines(settings: Settings): Promise<DoctorLine[]> {
  const ports = await listPorts({ links: settings.portLinks() });
  if (ports.length === 0) {
    return [
      line(
        'ports',
        'note',
        'no serial port found',
        'Plug an adapter in; dmesg tells whether the kernel knows it (ftdi_sio, cp210x, ch341, pl2303, cdc_acm).',
      ),
    ];
  }
  return Promise.all(
    ports.map(async ({ path, slot }) => {
      try {
        await access(path, constants.R_OK | constants.W_OK);
      } catch {
        const group = await groupOf(path);
        return line(
          'port',
          'bad',
          `${path} (${slot}): this user may not open it`,
          `sudo usermod -aG ${group} "${userInfo().username}", then log out and in again.`,
        );
      }
      const holders = await portHolders(path);
      return holders.length === 0
        ? line('port', 'ok', `${path} (${slot})`)
        : line(
            'port',
            'bad',
            `${path} (${slot}) is in use by ${await describeHolder(path)}`,
            'Close that program, or keep it off the port.',
          );
    }),
  );
}

async function groupOf(path: string): Promise<string> {
  const { gid } = await stat(path);
  const groups = await readFile('/etc/group', 'utf8').catch(() => '');
  return (
    groups
      .split('\n')
      .find((row) => row.split(':')[2] === String(gid))
      ?.split(':')[0] ?? String(gid)
  );
}

const MEDDLERS: ReadonlyMap<string, string> = new Map([
  [
    'ModemManager',
    'It talks to every new serial port. Stop it (systemctl disable --now ModemManager), or set ENV{ID_MM_DEVICE_IGNORE}="1" for the adapters by a udev rule.',
  ],
  ['brltty', 'It takes some USB adapters for braille displays. Remove the package brltty.'],
]);

/** Programs that take a port only for moments are seldom caught holding it; that they run is what matters. */
async function meddlers(): Promise<DoctorLine[]> {
  if (process.platform !== 'linux') return [];
  const names = await Promise.all(
    (await readdir('/proc'))
      .filter((pid) => /^\d+$/.test(pid))
      .map((pid) =>
        readFile(join('/proc', pid, 'comm'), 'utf8').then(
          (name) => name.trim(),
          () => '', // it has ended since
        ),
      ),
  );
  return [...MEDDLERS]
    .filter(([name]) => names.includes(name))
    .map(([name, remedy]) => line('other programs', 'bad', `${name} is running`, remedy));
}

async function serverLines({ settings, testServer }: DoctorParts): Promise<DoctorLine[]> {
  const servers = settings.servers();
  if (servers.length === 0)
    return [line('servers', 'note', 'none stored', 'station server add NAME --url https://HOST')];
  const tests = await Promise.all(
    servers.map(async ({ name }) => {
      try {
        return (await testServer(name)).lines.map((found) => ({
          ...found,
          check: `server ${name}: ${found.check}`,
        }));
      } catch (thrown) {
        const error = asStationError(thrown);
        return [line(`server ${name}`, 'bad', error.message, error.remedy)];
      }
    }),
  );
  return tests.flat();
}
