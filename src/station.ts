import { availableParallelism } from 'node:os';
import { createLinuxConsoleDriver } from './boards/linux-console/index.ts';
import type { BoardDriver } from './boards/driver.ts';
import {
  CALLS,
  type CallInput,
  type CallName,
  type CallParams,
  type CallResults,
  type JournalView,
  type PreferencesView,
  type ProvisionReport,
  type Snapshot,
  type StationApi,
  type StationEvent,
} from './contract.ts';
import { parseHead } from './journal/index.ts';
import { createKeyGenerator, type KeyGenerator } from './keys/index.ts';
import type { BatchId } from './model/batch.ts';
import { systemClock, type Clock } from './model/clock.ts';
import type { BoardProfile } from './model/profile.ts';
import { CALL_RULES, type CallRule } from './model/rights.ts';
import { secret, type Secret } from './model/secret.ts';
import { StationError } from './model/station-error.ts';
import { RehearsalBench } from './rehearsal/bench.ts';
import type { DestructiveCall } from './servers/index.ts';
import {
  BoardProfiles,
  checkBoardProfile,
  credentialOf,
  findStationKey,
  MemoryKeyStore,
  NO_SECRETS,
  openHome,
  openKeyStore,
  openStationKey,
  Settings,
  stationId,
  type EnvironmentSecrets,
  type StationKey,
  type Home,
  type KeyStore,
} from './settings/index.ts';
import { NO_PROXIES, type ProxySettings } from './servers/http/proxy.ts';
import { Bench } from './slots/bench.ts';
import { Jobs } from './slots/jobs.ts';
import { machinePorts } from './slots/port-source.ts';
import { examine, machineLines } from './station/doctor.ts';
import { DropFolder } from './station/drop-folder.ts';
import { backupRecord } from './station/backup.ts';
import { closeFull } from './station/batches/filling.ts';
import { batchHandlers, type BatchParts } from './station/batches/handlers.ts';
import { batchShareHandlers } from './station/batches/share-handlers.ts';
import { batchNamed } from './station/batches/named.ts';
import { reconcileServer } from './station/batches/reconciling.ts';
import { BatchRuns } from './station/batches/runs.ts';
import { batchView } from './station/batches/views.ts';
import { exportJournal } from './station/exporting.ts';
import { inventoryHandlers } from './station/inventory/handlers.ts';
import { InventoryQueue } from './station/inventory/queue.ts';
import { EventHub } from './station/event-hub.ts';
import { identify, type Organization } from './station/identifying.ts';
import type { StationOptions } from './station/options.ts';
import { lookAtUnit } from './station/looking.ts';
import { peopleHandlers } from './station/people/handlers.ts';
import { BenchPeople } from './station/people/people.ts';
import { peopleOf } from './station/people/register.ts';
import { settingChanges } from './station/people/settings-changes.ts';
import {
  DEFAULT_KEY_SOURCE,
  planPorts,
  provisionPorts,
  type ProvisioningParts,
} from './station/provisioning.ts';
import { RecordAccess } from './station/record-access.ts';
import { cutRekey, planRekey, rekeyUnit, type RekeyingParts } from './station/rekeying.ts';
import {
  addApprover,
  approverNamed,
  approverOf,
  exportApprover,
  sealingKey,
} from './station/rekey-requests/approvers.ts';
import {
  approveRekeyRequest,
  readRekeyRequest,
  type ApprovingParts,
} from './station/rekey-requests/approving.ts';
import { finishRekey } from './station/rekey-requests/finishing.ts';
import { requestRekey } from './station/rekey-requests/requesting.ts';
import { Servers } from './station/servers.ts';
import { signinHandlers } from './station/signin/handlers.ts';
import { UnfinishedJobs, type Restart } from './station/unfinished.ts';
import { runtimeName, VERSION } from './version.ts';

export type { StationOptions };

/** A station: what the window and the command are two front ends of. Dispose it to bring every board to a safe state and close. */
export interface Station extends StationApi, AsyncDisposable {}

const RECORDS_SHOWN = 50;
/** How the key store's names of passwords for boards begin. */
const CREDENTIAL = credentialOf('');
/** The built-in profile that serves a plain Mender board. */
const DEFAULT_PROFILE = 'mender';

/**
 * Opens a station over a home.
 *
 * @throws StationError `station/home-locked` (for `write`), `station/home-unusable`, `station/settings-unreadable`,
 * `journal/...`.
 */
export async function openStation(options: StationOptions): Promise<Station> {
  const home = openHome({
    ...(options.home === undefined ? {} : { home: options.home }),
    ...(options.env === undefined ? {} : { env: options.env }),
  });
  const clock = options.clock ?? systemClock;
  const events = new EventHub();
  const keyStore = keyStoreOf(home, options);
  let station: StationOverHome | null = null;
  await using owned = new AsyncDisposableStack();
  const record = owned.use(
    new RecordAccess({
      home: home.path,
      journal: home.journal,
      stationId: stationId(home.path),
      clock,
      program: options.program,
      access: options.access,
      opening: () => ({
        kind: 'station-opened',
        version: VERSION,
        runtime: runtimeName(),
        keyProtection: keyStore.protection.class,
      }),
      signer: () => openStationKey(keyStore),
      onReadOnly: (readOnly) => {
        events.tell({ type: 'read-only', readOnly });
        // Whoever becomes the writer finds what the last one left.
        if (readOnly === null) station?.tellInterrupted();
      },
    }),
  );
  station = new StationOverHome({ home, record, events, keyStore, clock }, options, owned.move());
  await station.begin();
  return station;
}

/** What a station is made of that has to be there before it. */
interface Foundation {
  readonly home: Home;
  readonly record: RecordAccess;
  readonly events: EventHub;
  readonly keyStore: KeyStore;
  readonly clock: Clock;
}

function keyStoreOf(home: Home, { forgetful, wrappingKey, withoutKey }: StationOptions): KeyStore {
  if (forgetful === true) return new MemoryKeyStore();
  return openKeyStore(home.path, {
    ...(wrappingKey === undefined ? {} : { wrappingKey }),
    ...(withoutKey === undefined ? {} : { withoutKey }),
  });
}

type Handlers = {
  readonly [N in CallName]: (
    params: CallParams<N>,
    signal: AbortSignal | undefined,
  ) => CallResults[N] | Promise<CallResults[N]>;
};

class StationOverHome implements Station {
  readonly #home: Home;
  readonly #record: RecordAccess;
  readonly #clock: Clock;
  readonly #owned: AsyncDisposableStack;
  readonly #events: EventHub;
  readonly #settings: Settings;
  readonly #people: BenchPeople;
  readonly #profiles: BoardProfiles;
  readonly #keyStore: KeyStore;
  readonly #secrets: EnvironmentSecrets;
  readonly #driver: BoardDriver = createLinuxConsoleDriver();
  readonly #generator: KeyGenerator;
  readonly #jobs: Jobs;
  readonly #bench: Bench;
  readonly #servers: Servers;
  readonly #batchRuns: BatchRuns;
  readonly #inventory: InventoryQueue;
  readonly #unfinished: UnfinishedJobs;
  readonly #ports: StationOptions['ports'];
  readonly #proxies: ProxySettings;
  readonly #loginsNotKept: string | null;
  readonly #drop: DropFolder;
  #rehearsal: RehearsalBench | null = null;
  /** Whether jobs go to the rehearsal's server; a person may choose a real one beside it. */
  #rehearsing = false;
  #closing: Promise<void> | null = null;

  constructor(
    { home, record, events, keyStore, clock }: Foundation,
    options: StationOptions,
    owned: AsyncDisposableStack,
  ) {
    this.#home = home;
    this.#record = record;
    this.#events = events;
    this.#clock = clock;
    this.#owned = owned;
    this.#secrets = options.secrets ?? NO_SECRETS;
    this.#ports = options.ports;
    this.#proxies = options.proxies ?? NO_PROXIES;
    this.#loginsNotKept = options.wrappingKey === undefined ? (options.withoutKey ?? null) : null;
    this.#settings = new Settings(home.path);
    this.#people = owned.use(
      new BenchPeople({
        file: peopleOf(home.path),
        record,
        clock,
        tell: this.#events.tell,
        locksWhenIdle: options.attended === true,
      }),
    );
    this.#drop = owned.use(new DropFolder({ home: home.path, record, clock }));
    this.#events.subscribe((event) => {
      // What could not be delivered by an earlier run of the station, or while another program was the writer.
      if (event.type === 'read-only' && event.readOnly === null) {
        this.#drop.wake();
        this.#inventory.wake();
      }
      // What waits for a login goes on with it.
      if (event.type === 'server' && event.server.session !== null) this.#inventory.wake();
    });
    this.#profiles = new BoardProfiles(home.boardProfiles);
    this.#keyStore = keyStore;
    this.#generator = owned.use(
      createKeyGenerator({ threads: Math.max(1, Math.min(2, availableParallelism())) }),
    );
    this.#jobs = new Jobs(
      (event) => {
        this.#events.tell(event);
        if (event.type !== 'job') return;
        this.#bench.touch(event.job.slot);
        const ended = event.job.result === null ? null : record.reader.record(event.job.job);
        if (ended !== null) {
          this.#events.tell({ type: 'record', record: ended });
          this.#events.tell({ type: 'journal', journal: this.#journal() });
          this.#drop.wake();
          if (ended.batch !== null) this.#counted(ended.batch);
          if (ended.inventory !== null) this.#inventory.wake();
        }
        if (event.job.state === 'ended') this.tellInterrupted();
      },
      (slot, identity) => this.#bench.sighted(slot, identity),
    );
    this.#servers = owned.use(
      new Servers({
        settings: this.#settings,
        keyStore: this.#keyStore,
        record: (event) =>
          record.append(
            event.kind === 'server-session' || event.kind === 'setting-changed'
              ? { ...event, operator: this.#operator() }
              : event,
          ),
        tell: this.#events.tell,
        clock,
        proxies: this.#proxies,
        loginsNotKept: this.#loginsNotKept,
      }),
    );
    this.#batchRuns = owned.use(
      new BatchRuns({
        record,
        clock,
        profile: (name) => this.#servers.profile(name),
        server: (name, calling) => this.#servers.open(name, calling),
        tell: this.#events.tell,
        operator: () => this.#preferences().operator,
      }),
    );
    this.#inventory = owned.use(
      new InventoryQueue({
        record,
        clock,
        profile: (name) => this.#servers.profile(name),
        server: (name, calling) => this.#servers.open(name, calling),
        tell: this.#events.tell,
        batchChanged: (batch) => this.#batchChanged(batch),
      }),
    );
    this.#bench = owned.use(
      new Bench({
        driver: this.#driver,
        jobs: this.#jobs,
        clock,
        profile: () => this.#profiles.get(this.#preferences().profile ?? DEFAULT_PROFILE),
        muted: () => new Set(this.#settings.mutedSlots()),
        tell: (event) => {
          this.#events.tell(event);
          // Where the boards of interrupted jobs are is part of the list.
          this.tellInterrupted();
        },
        probing: options.probing,
      }),
    );
    this.#unfinished = new UnfinishedJobs({
      record,
      bench: this.#bench,
      jobs: this.#jobs,
      driver: this.#driver,
      clock,
      profile: (name) => this.#profiles.get(name),
      passwords: (profile, port, given) => this.#passwords(profile, port, given),
      operator: () => this.#operator(),
      permit: (right) => this.#people.permitRight(right),
      keyMaker: (name) => this.#servers.keyMaker(name),
      isListed: (batch) => this.#batchOf(batch).batch !== undefined,
      restart: (restart, signal) => this.#restart(restart, signal),
      tell: this.#events.tell,
    });
  }

  /** Tells the list of interrupted jobs where it has changed. */
  tellInterrupted(): void {
    this.#unfinished.tellChanges();
  }

  async begin(): Promise<void> {
    // A station that was cut off between a board's verdict and the end of its batch.
    closeFull(this.#record, this.#record.reader.batches.list());
    this.#drop.wake();
    this.#inventory.wake();
    await this.#bench.addSource(this.#ports ?? machinePorts(this.#settings.portLinks()));
  }

  async call<N extends CallName>(
    name: N,
    params: CallInput<N>,
    signal?: AbortSignal,
  ): Promise<CallResults[N]> {
    const checked = CALLS[name].safeParse(params);
    if (!checked.success) {
      const [issue] = checked.error.issues;
      throw new StationError('station/usage', {
        detail: `${name}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is wrong'}.`,
      });
    }
    // What the schema of this very call gave back.
    const given = checked.data as CallParams<N>;
    const rules: Readonly<Record<CallName, CallRule>> = CALL_RULES;
    this.#people.permit(name, rules[name], given, this.#isRehearsed(given));
    if (CHANGING.has(name)) this.#record.writer();
    const operator = this.#operator();
    const result = await this.#handlers[name](given, signal);
    for (const event of settingChanges(name, given, result, operator)) this.#record.append(event);
    return result;
  }

  subscribe(listener: Parameters<StationApi['subscribe']>[0]): () => void {
    return this.#events.subscribe((event, told) => {
      // What a locked bench shows to nobody is told to nobody either.
      if (!WITHHELD.has(event.type) || !this.#people.isBlind) listener(event, told);
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#jobs.cancelAll();
    await this.#stopRehearsal();
    await this.#owned.disposeAsync();
  }

  readonly #handlers: Handlers = {
    ...batchHandlers(() => this.#batchParts()),
    ...batchShareHandlers(() => this.#batchParts()),
    'batch.preauthorize': (params, signal) =>
      this.#batchRuns.preauthorize(params, signal ?? new AbortController().signal),
    'batch.take-back': (params, signal) =>
      this.#batchRuns.takeBack(params, signal ?? new AbortController().signal),
    'batch.reconcile': async ({ server, batch, fix }, signal = new AbortController().signal) => {
      if (fix !== undefined) this.#record.writer();
      const parts = {
        record: this.#record,
        clock: this.#clock,
        // A name that nobody knows is told before a server is asked.
        batch: batch === undefined ? null : batchNamed(this.#record, batch),
        profile: this.#servers.profile(server),
        server: await this.#servers.open(server, signal, fix === 'stray-pending' ? ['remove-auth-set'] : []),
        operator: () => this.#preferences().operator,
        tell: this.#events.tell,
      };
      return await reconcileServer({ fix }, parts, signal);
    },
    'batch.pause': ({ name }) => {
      this.#batchRuns.stop(name, 'paused');
      return null;
    },
    'batch.cancel': ({ name }) => {
      this.#batchRuns.stop(name, 'cancelled');
      return null;
    },
    ...inventoryHandlers(() => ({
      record: this.#record,
      queue: this.#inventory,
      operator: () => this.#operator(),
      profile: (name) => this.#servers.profile(name),
      server: (name, calling) => this.#servers.open(name, calling),
      batchChanged: (batch) => this.#batchChanged(batch),
    })),
    ...signinHandlers(() => ({
      servers: this.#servers,
      record: this.#record,
      clock: this.#clock,
      proxies: this.#proxies,
      machine: () => machineLines(this.#home),
    })),
    ...peopleHandlers(() => this.#people),
    snapshot: () => this.#snapshot(),
    'port.refresh': async () => {
      await this.#bench.refresh();
      return this.#bench.views();
    },
    'port.mute': ({ slot, muted }) => {
      this.#settings.mute(slot, muted);
      this.#bench.touch(slot);
      return null;
    },
    'server.add': (params, signal) => this.#servers.add(params, signal),
    'server.api-key': ({ name, key }) => this.#servers.setApiKey(name, key === null ? null : secret(key)),
    'server.remove': async ({ name }) => {
      await this.#servers.remove(name);
      return null;
    },
    'server.certificate': ({ url }, signal) => this.#servers.certificate(url, signal),
    'server.test': ({ name }, signal) => this.#servers.test(name, signal),
    'server.login': ({ name, user, password, otp, token, keep }, signal) =>
      this.#servers.login(
        name,
        {
          user: user ?? null,
          password: password === undefined ? null : secret(password),
          otp: otp ?? null,
          token: token === undefined ? null : secret(token),
          keep,
        },
        signal,
      ),
    'server.logout': ({ name }, signal) => this.#servers.logout(name, signal),
    'server.tenant-token': ({ name, token }) =>
      this.#servers.setTenantToken(name, token === null ? null : secret(token)),
    'profile.list': () => this.#profiles.list(),
    'profile.show': ({ name }) => this.#profiles.get(name),
    'profile.check': ({ path }) => checkBoardProfile(path),
    'credential.set': ({ name, password }) => {
      if (password === null) this.#keyStore.delete(credentialOf(name));
      else this.#keyStore.set(credentialOf(name), secret(password));
      this.#events.tell({ type: 'credentials', credentials: this.#credentials() });
      return null;
    },
    identify: async ({ port, profile: name, password }, signal) => {
      const found = await this.#bench.port(port);
      if (this.#jobs.runningOn(found.path)) throw new StationError('port/in-job', { port });
      const profile = this.#profiles.get(name);
      const parts = {
        bench: this.#bench,
        driver: this.#driver,
        clock: this.#clock,
        passwords: this.#passwords(profile, found.path, password),
      };
      return identify(
        found,
        profile,
        parts,
        this.#record.reader,
        this.#organization(),
        signal ?? new AbortController().signal,
      );
    },
    provision: (params, signal) => provisionPorts(params, this.#provisioningParts(params.password), signal),
    'rekey.look': async ({ port, server, profile: name, password }, signal) => {
      const found = await this.#bench.port(port);
      if (this.#jobs.runningOn(found.path)) throw new StationError('port/in-job', { port });
      const profile = this.#profiles.get(name);
      const parts = {
        bench: this.#bench,
        driver: this.#driver,
        clock: this.#clock,
        passwords: this.#passwords(profile, found.path, password),
        journal: this.#record.reader,
        serverProfile: this.#servers.profile(server),
        server: (calling: AbortSignal) => this.#servers.open(server, calling),
        tenantToken: this.#tenantToken(server),
      };
      return lookAtUnit(found, profile, parts, signal ?? new AbortController().signal);
    },
    'approver.export': () => {
      const { stationId: id, signer } = this.#signing();
      return exportApprover(id, signer, this.#keyStore, this.#clock.now());
    },
    'approver.add': ({ file }) => addApprover(file, this.#settings),
    'approver.list': () => this.#settings.approvers().map(({ station, key, at }) => ({ station, key, at })),
    'rekey.request': async (params, signal) =>
      requestRekey(
        params,
        {
          ...this.#rekeyingParts(params.password),
          ...this.#signing(),
          approver: approverNamed(this.#settings, params.approver),
        },
        signal ?? new AbortController().signal,
      ),
    'rekey.read-request': async ({ file, server, ...options }, signal = new AbortController().signal) =>
      readRekeyRequest(file, options, await this.#approvingParts(server, signal), signal),
    'rekey.approve': async ({ file, server, ...options }, signal = new AbortController().signal) =>
      approveRekeyRequest(file, options, await this.#approvingParts(server, signal), signal),
    'rekey.finish': (params, signal) =>
      finishRekey(
        params,
        {
          unfinished: this.#unfinished,
          rekeying: (password) => this.#rekeyingParts(password),
          approverOf: (key) => approverOf(this.#settings, key),
        },
        signal ?? new AbortController().signal,
      ),
    'resume.list': () => this.#unfinished.list(),
    resume: (params, signal) => this.#unfinished.resume(params, signal ?? new AbortController().signal),
    'resume.dismiss': ({ job }) => {
      this.#unfinished.dismiss(job);
      return null;
    },
    'provision.plan': (params, signal) => planPorts(params, this.#provisioningParts(params.password), signal),
    rekey: async (params, signal) => {
      const parts = this.#rekeyingParts(params.password, params.decommissionFormer);
      if (!params.dryRun) return await rekeyUnit(params, parts, signal);
      const began = this.#clock.monotonic();
      const plan = await planRekey(params, parts, signal);
      return { jobs: [], elapsedMs: Math.round(this.#clock.monotonic() - began), plan };
    },
    'job.cancel': ({ job }) => {
      this.#jobs.cancel(job);
      return null;
    },
    'job.transcript': ({ job }) => this.#jobs.transcript(job),
    'slot.clear': ({ slot }) => {
      this.#jobs.clear(slot);
      this.#bench.touch(slot);
      return null;
    },
    'journal.list': ({ identity, since, limit }) => this.#record.reader.list({ identity, since, limit }),
    'rekey.sheet': async ({ job, path, force }) => {
      const { writeSheet } = await import('./station/sheets.ts');
      return writeSheet({ job, path, force }, this.#record.reader);
    },
    'journal.drop': ({ folder }) => {
      if (folder === undefined) return this.#drop.view();
      this.#record.writer();
      return this.#drop.set(folder);
    },
    'journal.backup': ({ path }) => backupRecord(path, this.#record),
    'journal.stats': ({ since }) => this.#record.reader.statistics(since),
    'journal.export': (params) =>
      exportJournal(params, {
        read: () => this.#record.separateReader(),
        signer: () => findStationKey(this.#keyStore),
        clock: this.#clock,
      }),
    'journal.verify': ({ keys, heads }) => this.#record.verify({ keys, heads: heads.map(parseHead) }),
    doctor: () =>
      examine({
        home: this.#home,
        settings: this.#settings,
        profiles: this.#profiles,
        keyStore: this.#keyStore,
        journal: this.#record.reader,
        verifyJournal: () => this.#record.verify(),
        drop: () => this.#drop.view(),
        people: this.#people.view(),
        holder: this.#record.holder(),
        proxies: this.#proxies,
        testServer: (name) => this.#servers.test(name),
      }),
    'rehearsal.start': (params) => this.#startRehearsal(params),
    'rehearsal.stop': async () => {
      await this.#stopRehearsal();
      return this.#snapshot();
    },
    'preferences.set': ({ server, ...patch }) => {
      if (server !== undefined) this.#rehearsing = server === this.#rehearsal?.serverProfile.name;
      this.#settings.setPreferences(server === undefined || this.#rehearsing ? patch : { ...patch, server });
      this.#events.tell({ type: 'preferences', preferences: this.#preferences() });
      return null;
    },
  };

  #batchParts(): BatchParts {
    return {
      record: this.#record,
      clock: this.#clock,
      operator: () => this.#operator(),
      tell: this.#events.tell,
      server: (name, signal) => this.#servers.open(name, signal),
      signing: () => this.#signing(),
      run: (batch) => this.#batchRuns.view(batch),
      isAtWork: (batch) => this.#batchRuns.has(batch),
      knowsStation: (key) =>
        this.#record.reader.batches.knowsBench(key) ||
        this.#settings.approvers().some((approver) => approver.key === key),
    };
  }

  /** `password`: of the boards of this one call. */
  #provisioningParts(password?: string, may: readonly DestructiveCall[] = TIDIES): ProvisioningParts {
    return {
      bench: this.#bench,
      jobs: this.#jobs,
      journal: this.#record.writer(),
      driver: this.#driver,
      generator: this.#generator,
      clock: this.#clock,
      profile: (name) => this.#profiles.get(name),
      server: (name, calling) => this.#servers.openForJob(name, calling, may),
      tenantToken: (name) => this.#tenantToken(name),
      passwords: (profile, port) => this.#passwords(profile, port, password),
      keyPassphrase: this.#secrets.keyPassphrase,
      operator: () => this.#operator(),
    };
  }

  #organization(): Organization | null {
    const { server } = this.#preferences();
    const token = server === null ? null : this.#tenantToken(server);
    return server === null || token === null ? null : { server, token };
  }

  #tenantToken(server: string): Secret<string> | null {
    return this.#secrets.tenantToken ?? this.#servers.tenantToken(server);
  }

  /** Runs the flow of interrupted jobs again, with the same wanted. */
  async #restart(restart: Restart, signal: AbortSignal): Promise<ProvisionReport> {
    const { flow, server, profile, keySource, label, batch, password, boards } = restart;
    if (flow === 'rekey') return await this.#restartRekeys(restart, signal);
    const params: CallParams<'provision'> = {
      ports: [...boards.keys()],
      server,
      profile,
      ...(keySource === null || keySource === DEFAULT_KEY_SOURCE ? {} : { keySource }),
      ...(label === null ? {} : { label }),
      ...this.#batchOf(batch),
      allow: [],
    };
    return await provisionPorts(params, this.#provisioningParts(password), signal, boards);
  }

  /** The batch of an interrupted job, where it is still on the list. */
  #batchOf(id: BatchId | null): { readonly batch?: string } {
    const { batches } = this.#record.reader;
    const name = id === null ? undefined : batches.byId(id)?.name;
    return name !== undefined && batches.byName(name)?.id === id ? { batch: name } : {};
  }

  /** Something was done for a batch beside its boards and its run. */
  #batchChanged(id: BatchId): void {
    const { batches } = this.#record.reader;
    const batch = batches.byId(id);
    // One that was removed is on no list any more.
    if (batch !== null && batches.byName(batch.name)?.id === id)
      this.#events.tell({ type: 'batch', batch: batchView(batch, this.#batchRuns.view(batch)) });
  }

  /** A board has counted: its batch has changed, and may be full. */
  #counted(name: string): void {
    const { batches } = this.#record.reader;
    const batch = batches.byName(name);
    if (batch === null) return;
    const [closed = batch] = closeFull(this.#record, [batch]);
    this.#events.tell({ type: 'batch', batch: batchView(closed, this.#batchRuns.view(closed)) });
  }

  async #restartRekeys(
    { server, profile, keySource, label, password, boards }: Restart,
    signal: AbortSignal,
  ): Promise<ProvisionReport> {
    const began = this.#clock.monotonic();
    const reports = await Promise.all(
      [...boards].map(([port, { job, identity }]) => {
        const { wish, resumes } = cutRekey(this.#record.reader, job);
        const params: CallInput<'rekey'> = {
          port,
          server,
          profile,
          ...wish,
          confirmed: [...wish.confirmed],
          ...(keySource === null || keySource === DEFAULT_KEY_SOURCE ? {} : { keySource }),
          ...(label === null ? {} : { label }),
        };
        // What was asked for when the job began counts: whoever began it might.
        const parts = this.#rekeyingParts(password, wish.decommissionFormer);
        return rekeyUnit(CALLS.rekey.parse(params), parts, signal, {
          ...resumes,
          identity,
        });
      }),
    );
    return {
      jobs: reports.flatMap(({ jobs }) => jobs),
      elapsedMs: Math.round(this.#clock.monotonic() - began),
    };
  }

  /** Who signs what leaves this station for another one. */
  #signing(): { readonly stationId: string; readonly signer: StationKey } {
    return { stationId: stationId(this.#home.path), signer: openStationKey(this.#keyStore) };
  }

  async #approvingParts(server: string, signal: AbortSignal): Promise<ApprovingParts> {
    return {
      ...this.#signing(),
      sealingKey: () => sealingKey(this.#keyStore),
      journal: this.#record.writer(),
      clock: this.#clock,
      server: await this.#servers.open(server, signal, TIDIES),
      operator: this.#operator(),
      generator: this.#generator,
    };
  }

  /** `decommissions`: the former device, which a person has asked for and may. */
  #rekeyingParts(password?: string, decommissions = false): RekeyingParts {
    const may: readonly DestructiveCall[] = decommissions ? [...TIDIES, 'decommission'] : TIDIES;
    return {
      ...this.#provisioningParts(password, may),
      absentServer: (name) => this.#servers.absent(name, may),
    };
  }

  /** Who is recorded with what is done now. */
  #operator(): string | null {
    return this.#people.operator(this.#settings.preferences().operator);
  }

  /** Whether a call is for simulated boards and their server alone: a real board must not be taken to that server. */
  #isRehearsed(params: object): boolean {
    const { server, port, ports = [port] }: Readonly<Record<string, unknown>> = { ...params };
    if (this.#rehearsal === null || server !== this.#rehearsal.serverProfile.name) return false;
    const simulated = this.#bench.views().filter((view) => view.simulated);
    return (
      Array.isArray(ports) &&
      ports.every((name) => simulated.some((view) => view.port === name || view.slot === name))
    );
  }

  #snapshot(): Snapshot {
    const people = this.#people.view();
    return {
      told: this.#events.told,
      station: {
        id: stationId(this.#home.path),
        version: VERSION,
        home: this.#home.path,
        keyProtection: this.#keyStore.protection.text,
        loginsNotKept: this.#loginsNotKept,
      },
      slots: this.#bench.views(),
      jobs: this.#jobs.views(),
      servers: this.#servers.views(),
      profiles: this.#profiles.list(),
      credentials: this.#credentials(),
      records: this.#record.reader.list({ limit: RECORDS_SHOWN }),
      journal: this.#journal(),
      interrupted: this.#unfinished.list(),
      rehearsal: this.#rehearsalView(),
      preferences: this.#preferences(),
      people,
      readOnly: this.#record.readOnly,
      ...(people.blind ? { servers: [], credentials: [], records: [], interrupted: [] } : {}),
    };
  }

  #journal(): JournalView {
    const head = this.#record.reader.head();
    return { head: head === null ? null : { seq: head.seq, hash: head.hash, key: head.key } };
  }

  #credentials(): readonly string[] {
    return this.#keyStore
      .names()
      .flatMap((name) => (name.startsWith(CREDENTIAL) ? [name.slice(CREDENTIAL.length)] : []));
  }

  /** While the rehearsal runs its server is the chosen one, until another is chosen. */
  #preferences(): PreferencesView {
    const stored = this.#settings.preferences();
    const profile = stored.profile ?? DEFAULT_PROFILE;
    const operator = this.#people.operator(stored.operator);
    const batch = this.#openBatch(stored.batch);
    if (this.#rehearsal === null || !this.#rehearsing) return { ...stored, profile, operator, batch };
    const { serverProfile, boardProfile } = this.#rehearsal;
    // What was chosen for other boards stays so where it may fit those of the rehearsal.
    const fitting = boardProfile === DEFAULT_PROFILE ? profile : boardProfile;
    return { ...stored, server: serverProfile.name, profile: fitting, operator, batch };
  }

  /** The name of a batch, while it takes boards. */
  #openBatch(name: string | null): string | null {
    const batch = name === null ? null : this.#record.reader.batches.byName(name);
    return batch?.closed === null ? name : null;
  }

  /** The passwords to try for a profile: what the call or the environment gave, else its named credentials in order. */
  #passwords(profile: BoardProfile, port: string, given?: string): readonly Secret<string>[] {
    if (this.#rehearsal?.has(port) === true) return this.#rehearsal.passwords;
    if (given !== undefined) return [secret(given)];
    if (this.#secrets.boardPassword !== null) return [this.#secrets.boardPassword];
    return profile.login.credentials.flatMap((name) => this.#keyStore.get(credentialOf(name)) ?? []);
  }

  async #startRehearsal({ boards, kind, mode, fail }: CallParams<'rehearsal.start'>): Promise<Snapshot> {
    if (this.#rehearsal === null) {
      const rehearsal = await RehearsalBench.start({
        boards,
        kind,
        mode,
        fail: fail ?? null,
        clock: this.#clock,
      });
      this.#rehearsal = rehearsal;
      this.#rehearsing = true;
      this.#settings.setRehearsalOffered();
      await this.#servers.addSimulated(rehearsal.serverProfile, rehearsal.account, rehearsal.apiKey);
      await this.#bench.addSource(rehearsal.ports);
      this.#events.tell({ type: 'rehearsal', rehearsal: this.#rehearsalView() });
      this.#events.tell({ type: 'preferences', preferences: this.#preferences() });
    }
    return this.#snapshot();
  }

  async #stopRehearsal(): Promise<void> {
    const rehearsal = this.#rehearsal;
    if (rehearsal === null) return;
    this.#rehearsal = null;
    await this.#jobs.vacate((port) => rehearsal.has(port));
    await this.#bench.removeSource(rehearsal.ports);
    await this.#servers.removeSimulated(rehearsal.serverProfile.name);
    await rehearsal[Symbol.asyncDispose]();
    this.#events.tell({ type: 'rehearsal', rehearsal: this.#rehearsalView() });
    this.#events.tell({ type: 'preferences', preferences: this.#preferences() });
  }

  #rehearsalView(): Snapshot['rehearsal'] {
    return {
      running: this.#rehearsal !== null,
      boards: this.#rehearsal?.boards ?? 0,
      serverUrl: this.#rehearsal?.serverProfile.url ?? null,
      offer:
        this.#rehearsal === null &&
        !this.#settings.rehearsalOffered() &&
        this.#settings.servers().length === 0,
    };
  }
}

/** A flow removes the auth sets that it made or put another one in the place of, and no others. */
const TIDIES: readonly DestructiveCall[] = ['remove-auth-set'];

/** Calls that write in the home or change a board: they need its lock. */
const CHANGING: ReadonlySet<CallName> = new Set<CallName>([
  'people.set-pin',
  'people.add',
  'people.set',
  'people.remove',
  'people.rules',
  'port.mute',
  'server.add',
  'server.api-key',
  'server.remove',
  'server.login',
  'server.logout',
  'server.tenant-token',
  'server.pin',
  'server.first-user',
  'server.read-tenant-token',
  'credential.set',
  'provision',
  'provision.plan',
  'batch.preauthorize',
  'batch.take-back',
  'rekey.look',
  'rekey',
  'approver.export',
  'approver.add',
  'rekey.request',
  'rekey.read-request',
  'rekey.approve',
  'rekey.finish',
  'resume',
  'resume.dismiss',
  'rehearsal.start',
  'preferences.set',
]);

/** Events of the record and of what crosses a line, which a bench that shows nothing keeps to itself. */
const WITHHELD: ReadonlySet<StationEvent['type']> = new Set<StationEvent['type']>([
  'server',
  'credentials',
  'record',
  'journal',
  'interrupted',
  'line',
  'batch',
  'batch-outcomes',
  'batch-taken-back',
  'reconcile-findings',
]);
