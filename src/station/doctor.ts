import { access, constants, readdir, readFile, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { DoctorLine, DropView, PeopleView, ServerTest } from '../contract.ts';
import type { JournalReader, Verification } from '../journal/index.ts';
import { BoardProfiles, openHome, Settings, type Home, type KeyStore } from '../settings/index.ts';
import { asStationError, type StationError } from '../model/station-error.ts';
import type { ProxySettings } from '../servers/http/proxy.ts';
import { runtimeName } from '../version.ts';
import { describeHolder, howToMayOpen, listPorts, portHolders } from '../serial/index.ts';

/** Under this much room the journal may soon not be written any more, and no board is changed without it. Bytes. */
const LOW_DISK = 200 * 1024 * 1024;

/** What the check of a machine looks at. */
export interface DoctorParts {
  readonly home: Home;
  readonly settings: Settings;
  readonly profiles: BoardProfiles;
  readonly keyStore: KeyStore;
  readonly journal: JournalReader;
  /** The whole record, every row of it. */
  readonly verifyJournal: () => Promise<Verification>;
  readonly drop: () => DropView;
  readonly people: PeopleView;
  readonly holder: string | null;
  readonly proxies: ProxySettings;
  readonly testServer: (name: string) => Promise<ServerTest>;
}

/** Checks this machine. Changes nothing; each line that is not fine says how to mend it. */
export async function examine(parts: DoctorParts): Promise<readonly DoctorLine[]> {
  return [
    runtime(),
    clock(),
    ...(await homeLines(parts)),
    ...(await journalLines(parts)),
    ...dropLines(parts.drop()),
    peopleLine(parts.people),
    keyStore(parts.keyStore),
    ...proxyLines(parts.proxies),
    ...profileLines(parts.profiles),
    ...(await portLines(parts.settings)),
    ...(await meddlers()),
    ...(parts.people.locked ? [UNTESTED] : await serverLines(parts)),
  ];
}

/**
 * What can be checked of a machine whose station cannot be opened, for a record or settings that cannot be read: the
 * damage is one line among the others. Null where not even the home is there.
 */
export async function examineUnopened(
  choice: Parameters<typeof openHome>[0],
  damage: StationError,
): Promise<readonly DoctorLine[] | null> {
  let home: Home;
  try {
    home = openHome(choice);
  } catch {
    return null; // `damage` says so already
  }
  const check = damage.code.startsWith('journal/') ? 'journal' : 'station';
  let settings: Settings | null = null;
  try {
    settings = new Settings(home.path);
  } catch (thrown) {
    if (asStationError(thrown).code !== damage.code) throw thrown;
  }
  return [
    runtime(),
    clock(),
    ...(await homeLines({ home, holder: null })),
    line(check, 'bad', damage.message, damage.remedy),
    ...profileLines(new BoardProfiles(home.boardProfiles)),
    ...(settings === null ? [] : await portLines(settings)),
    ...(await meddlers()),
    line('servers', 'note', 'not tested', 'They are tested once the station can be opened again.'),
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

/** The machine's own part of what a shift needs: its clock, and room for the record. */
export async function machineLines(home: Home): Promise<readonly DoctorLine[]> {
  return [clock(), ...(await homeLines({ home, holder: null })).filter(({ check }) => check === 'disk')];
}

async function homeLines({ home, holder }: Pick<DoctorParts, 'home' | 'holder'>): Promise<DoctorLine[]> {
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

/** More rows than this take longer to look at than a person waits for a check of the machine. */
const ROWS_LOOKED_AT = 20_000;

async function journalLines({ journal, verifyJournal }: DoctorParts): Promise<DoctorLine[]> {
  const rows = journal.lastSeq();
  const all = rows <= ROWS_LOOKED_AT;
  const problem = all ? (await verifyJournal()).problem : null;
  if (problem !== null) {
    return [
      line(
        'journal',
        'bad',
        problem.text,
        problem.fault === 'projections'
          ? 'Its rows themselves are intact; restore it from a backup (station journal restore FILE).'
          : 'Keep the file as it is, find out who changed it, and go on from a backup (station journal restore FILE).',
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
            'Connect those boards and have their jobs finished (station resume); station resume --list says what state each was left in.',
          ),
        ];
  const looked = all ? 'every row, hash and signature fits' : 'station journal verify looks at every row';
  return [
    line('journal', 'ok', `${rows} events in ${journal.path}; ${looked}`),
    ...evidence(journal),
    ...interrupted,
  ];
}

/** What to note down, and the fingerprint to hold exports and certificates against. */
function evidence(journal: JournalReader): DoctorLine[] {
  const head = journal.head();
  if (head === null) return [];
  const [key] = journal.stationKeys();
  return [
    line('journal head', 'ok', `${head.seq}:${head.hash}`),
    key === undefined
      ? line('station key', 'note', 'none yet', 'It is made when this station first writes its record.')
      : key.fingerprint === null
        ? line(
            'station key',
            'bad',
            'there was none when the record was opened: it is not signed',
            'Mend the key store (see above), then open the station again.',
          )
        : line('station key', 'ok', `${key.fingerprint}, since ${key.since}`),
  ];
}

function dropLines({ folder, waiting, error }: DropView): DoctorLine[] {
  if (error !== null)
    return [
      line(
        'drop folder',
        'bad',
        `${waiting} record(s) wait for ${folder ?? 'it'}: ${error}`,
        'Mend that; they are delivered by themselves then. To end it: station journal drop --off.',
      ),
    ];
  return folder === null
    ? []
    : [line('drop folder', waiting === 0 ? 'ok' : 'note', `${folder}, ${waiting} record(s) waiting`)];
}

function peopleLine({ defined, people, rules }: PeopleView): DoctorLine {
  if (!defined)
    return line(
      'people',
      'note',
      'nobody is defined: whoever is at this station may do everything with it',
      'Name an admin first (station people add NAME --role admin); from then on everybody signs in.',
    );
  const admins = people.filter(({ role }) => role === 'admin').length;
  const lock = rules.idleMinutes === 0 ? 'no lock by itself' : `locked after ${rules.idleMinutes} min`;
  return line('people', 'ok', `${people.length}, ${admins} of them admins; ${lock}`);
}

function keyStore({ protection }: KeyStore): DoctorLine {
  return line('key store', protection.class === 'os' ? 'ok' : 'note', protection.text);
}

function proxyLines({ proxy, problem, variable, except }: ProxySettings): DoctorLine[] {
  if (variable === null) return [];
  if (proxy === null)
    return [
      line(
        'proxy',
        'bad',
        `${variable} cannot be used: ${problem ?? 'unknown reason'}`,
        'Mend the variable: no server is asked around a proxy that is set.',
      ),
    ];
  const login = proxy.authorization === null ? '' : ', with a login';
  const without = except.length === 0 ? '' : `; not for ${except.join(', ')}`;
  return [line('proxy', 'ok', `${proxy.origin}${login} (${variable})${without}`)];
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
        return line('port', 'bad', `${path} (${slot}): this user may not open it`, await howToMayOpen(path));
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

/** Whoever is before a locked bench makes no calls with somebody's login. */
const UNTESTED = line(
  'servers',
  'note',
  'not tested: nobody has signed in',
  'Sign in at the window, or name yourself to the command (--operator NAME).',
);

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
