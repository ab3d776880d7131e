import { createHash } from 'node:crypto';
import type { BoardObservation, KeyFileReading } from '../../model/board.ts';
import type { WireCount } from '../../model/job.ts';
import type { KeyType } from '../../model/key.ts';
import { StationError } from '../../model/station-error.ts';
import type {
  BoardContext,
  BoardFiles,
  BoardSession,
  ClientAnswer,
  StageReport,
  StageRequest,
  SwitchReport,
  SwitchRequest,
} from '../driver.ts';
import { STATION_CA_FILE } from '../names.ts';
import { clientCall } from './client.ts';
import { consoleFiles } from './files.ts';
import type { Line, Piece } from './line.ts';
import {
  keyState,
  readKey,
  readObservation,
  stagedKey,
  type BoardPaths,
  type Reading,
} from './observation.ts';
import { quote, type QuietLoop } from './quiet-loop.ts';
import { FUNCTIONS, IDLE_SECONDS, observeFunction, replying } from './scripts.ts';
import { lines, section, sections, type Section } from './sections.ts';
import { isKeptRunning, startText, stopText, TELL_CLIENT, WAIT_FOR_CLIENT } from './service.ts';
import { readUpdateStore } from './update-store.ts';
import { readAnswer } from './client-answer.ts';

/** What a staged file's name ends in: never `~`, which is mender-client's own. */
export const STAGED_SUFFIX = '.station';
/** What the name of a replaced key ends in, until its refusal was tested. */
export const FORMER_SUFFIX = '.station-former';
/** How old the first observation may be to be given out as one just made, in milliseconds. */
const FRESH_MS = 5_000;
/** How long a log-out may take in all. */
const LEAVE_MS = 12_000;

/** Commands by which a board makes a key, written as the oldest client reads it (PKCS#1, SEC1). */
const MAKE: Readonly<Record<KeyType, string>> = {
  ed25519: 'openssl genpkey -algorithm ed25519',
  p256: 'openssl ecparam -name prime256v1 -genkey -noout',
  p384: 'openssl ecparam -name secp384r1 -genkey -noout',
  rsa2048: '{ openssl genrsa -traditional 2048||openssl genrsa 2048;}',
  rsa3072: '{ openssl genrsa -traditional 3072||openssl genrsa 3072;}',
  rsa4096: '{ openssl genrsa -traditional 4096||openssl genrsa 4096;}',
};

/** A board with the quiet loop running. */
export class ConsoleSession implements BoardSession {
  readonly #line: Line;
  readonly #loop: QuietLoop;
  readonly #nonce: string;
  readonly #context: BoardContext;
  readonly #ended = new AbortController();
  #paths: BoardPaths;
  #reading: Reading | null = null;
  #fresh: { readonly observation: BoardObservation; readonly at: number } | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #usedAt: number;
  /** Whether a switch puts a staged key in place: not where `stage` was asked for files alone. */
  #hasStagedKey = false;
  #stagedFiles: readonly string[] = [];
  #hasStoppedClient = false;

  constructor(line: Line, loop: QuietLoop, nonce: string, context: BoardContext) {
    this.#line = line;
    this.#loop = loop;
    this.#nonce = nonce;
    this.#context = context;
    this.#usedAt = line.clock.monotonic();
    const { paths } = context.profile;
    this.#paths = { ...paths, key: `${paths.dataDirectory}/mender-agent.pem` };
  }

  /** Brings the loop onto the board, with a first observation: one exchange. @throws StationError `board/not-root`. */
  async begin(): Promise<void> {
    const definitions = [FUNCTIONS, observeFunction(STAGED_SUFFIX, FORMER_SUFFIX, STATION_CA_FILE)].join(';');
    const reading = await this.#read((command, options) => this.#loop.install(definitions, command, options));
    this.#fresh = { observation: reading.observation, at: this.#line.clock.monotonic() };
    if (reading.uid !== 0) {
      throw new StationError('board/not-root', {
        user: this.#context.profile.login.user,
        detail: 'its login is no root login',
      });
    }
    void this.#keepAwake();
  }

  wire(): WireCount {
    const { tx, rx, roundTrips } = this.#line;
    return { tx, rx, roundTrips };
  }

  async observe(): Promise<BoardObservation> {
    const fresh = this.#fresh;
    this.#fresh = null;
    if (fresh !== null && this.#line.clock.monotonic() - fresh.at < FRESH_MS) return fresh.observation;
    const reading = await this.#read((command, options) => this.#run([command], options));
    return reading.observation;
  }

  get files(): BoardFiles {
    return consoleFiles(
      (command, options) => this.#run(command, options),
      this.#context.profile.timeouts.command,
    );
  }

  async stage(request: StageRequest): Promise<StageReport> {
    const { setup, observation } = this.#known();
    const { timeouts } = this.#context.profile;
    const { key, files } = request;
    const target = observation.key.realPath;
    const stagedPath = `${target}${STAGED_SUFFIX}`;
    const making = key?.how === 'make';
    const pieces: Piece[] = [
      // Making a key takes long; where that is cut short, the loop removes on its end what `T` names. It starts a client
      // that was stopped here, should nobody come to do so.
      making ? `T=${quote(stagedPath)};` : '',
      `W(){ l "$1";t=$r${STAGED_SUFFIX};p w;rm -f "$t";echo "$3"|base64 -d>"$t"&&chmod $2 "$t"&&y "$t"&&sha256sum<"$t"||rm -f "$t";}`,
      request.stopClient ? `;Z=${quote(startText(setup))}` : '',
      `;B=$({ p s;`,
    ];
    if (request.stopClient) pieces.push(`${stopText(setup)};`);
    if (key?.how === 'inject') {
      pieces.push(
        `W ${quote(target)} 600 `,
        base64(key.pem.reveal(), 'private key'),
        `;k ${quote(stagedPath)};`,
      );
    } else if (making) {
      const file = quote(stagedPath);
      pieces.push(`p w;rm -f ${file};${MAKE[key.type]} >${file}&&y ${file}||rm -f ${file};k ${file};`);
    }
    for (const file of files) {
      const content = file.content.reveal();
      pieces.push(
        `W ${quote(file.target)} ${file.mode.toString(8)} `,
        file.masked === null ? Buffer.from(content).toString('base64') : base64(content, file.masked),
        ';',
      );
    }
    pieces.push(`} </dev/null 2>&1|base64)${making ? ';T=' : ''}`);
    const ms = making ? timeouts.keyGeneration : timeouts.command;
    this.#hasStoppedClient ||= request.stopClient;
    const reply = await this.#run(pieces, { step: 'stage', ms });
    const written = reply.filter((one) => one.key === 'w');
    const keyFile = section(reply, 'k');
    const staged = key === null ? null : readKey(keyFile);
    this.#stagedFiles = files.map((file) => file.target);
    this.#hasStagedKey = key !== null;

    const wanted = [
      ...(key?.how === 'inject' ? [key.pem.reveal()] : []),
      ...files.map((file) => file.content.reveal()),
    ].map((content) => createHash('sha256').update(content).digest('hex'));
    const came = written.slice(key?.how === 'make' ? 1 : 0);
    const fits = wanted.every(
      (hash, index) => lines(came[index] ?? section([], 'w'))[0]?.startsWith(hash) === true,
    );
    const hasKey = key === null || (staged?.exists === true && staged.sha256 !== null);
    if (!fits || !hasKey) {
      const words = written.flatMap(lines).join(' ');
      await this.discardStaged();
      throw this.#stageFault(words, key?.how === 'make' && !hasKey ? key.type : null);
    }
    if (staged === null) return { staged: null };
    if (key?.how === 'inject' && staged.sha256 !== wanted[0]) {
      await this.discardStaged();
      throw new StationError('board/stage-mismatch');
    }
    return { staged: { ...stagedKey(staged), path: stagedPath } };
  }

  async sign(key: 'staged' | 'in-use' | 'former', data: Uint8Array): Promise<Uint8Array> {
    const { observation } = this.#known();
    const path = `${observation.key.realPath}${SUFFIXES[key]}`;
    const reply = await this.#run(
      [
        'T=$(mktemp);B=$({ echo ',
        base64(data, 'token'),
        `|base64 -d>"$T";${signText(path)};rm -f "$T";} </dev/null 2>/dev/null|base64)`,
      ],
      { step: 'sign', ms: this.#context.profile.timeouts.command },
    );
    const signature = section(reply, 'g').content;
    if (signature.length === 0) throw new StationError('board/staged-proof-failed');
    return signature;
  }

  async switchOver({
    nonce,
    withKey = this.#hasStagedKey,
    keepFormer = false,
  }: SwitchRequest): Promise<SwitchReport> {
    const { setup, observation } = this.#known();
    const { path, realPath, from, certificate } = observation.key;
    const targets = [
      ...this.#stagedFiles.map((file) => `l ${quote(file)};t`),
      ...(withKey ? [`r=${quote(realPath)};t`] : []),
    ];
    const named = targets.map((target, index) => `${target}${index}=$r`).join(';');
    const names = targets.map((_, index) => `$t${index}`);
    const present = names.map((name) => `[ -f "${name}${STAGED_SUFFIX}" ]`).join('&&') || ':';
    const moves =
      names.map((name, index) => `mv -f "${name}${STAGED_SUFFIX}" "${name}"&&m=${index + 1}`).join('&&') ||
      ':';
    const lasting = names.map((name) => `y "${name}"`).join(';') || ':';
    const text = [
      `trap '' 1 2;B=$({ ${named === '' ? '' : `${named};`}m=0;q=;p s`,
      `${present}&&q=1&&${stopText(setup)}&&${keepFormer && withKey ? keepText(realPath) : ':'}&&${moves}`,
      `p m $m;${lasting};${this.#hasStoppedClient ? '' : '[ "$q" ]&&'}${startText(setup)}`,
      ...(startText(setup) === ':' ? [] : [WAIT_FOR_CLIENT]),
      `${TELL_CLIENT};k ${quote(path)}`,
      ...(keepFormer && withKey ? [`k ${quote(`${realPath}${FORMER_SUFFIX}`)}`] : []),
      ...(nonce === null
        ? []
        : [
            `T=$(mktemp);echo ${Buffer.from(nonce).toString('base64')}|base64 -d>"$T";${signText(realPath)};rm -f "$T"`,
          ]),
      `} </dev/null 2>&1|base64);trap z 1 2${this.#hasStoppedClient ? ';Z=' : ''}`,
    ].join(';');
    const reply = await this.#run([text], { step: 'switch', ms: this.#context.profile.timeouts.command });
    const moved = Number(section(reply, 'm').args[0] ?? 0);
    if (moved < targets.length) {
      const words = [...lines(section(reply, 's')), ...lines(section(reply, 'm'))].join(' ');
      throw new StationError('board/switch-failed', {
        detail: words === '' ? 'the client did not stop, or what was staged is gone' : words.slice(0, 200),
      });
    }
    this.#hasStoppedClient = false;
    this.#stagedFiles = [];
    this.#hasStagedKey = false;
    this.#fresh = null;
    const [key = readKey(section(reply, 'k')), former] = reply
      .filter((one) => one.key === 'k')
      .map((one) => readKey(one));
    const signature = section(reply, 'g').content;
    return {
      key: {
        path,
        realPath: key.realPath,
        from,
        certificate,
        ...keyState(key, path, engineOf(observation), setup.hasPassphrase),
      },
      former: former?.exists === true ? stagedKey(former) : null,
      clientRunning: isKeptRunning(setup, section(reply, 'z').args),
      signature: signature.length === 0 ? null : signature,
    };
  }

  async destroyFormer(): Promise<void> {
    const { observation } = this.#known();
    const [key, former] = ['', FORMER_SUFFIX].map((suffix) => quote(`${observation.key.realPath}${suffix}`));
    if (key === undefined || former === undefined) return;
    const overwrite = `dd if=/dev/urandom of=${former} bs=$(wc -c<${former}) count=1 conv=notrunc`;
    // Never over the key in use, whatever names it has.
    const text = `[ -s ${key} ]&&{ ${sameText(key, former)}||{ ${overwrite}&&y ${former};};};rm -f ${former};y ${key};[ -e ${former} ]||p d`;
    const reply = await this.#run([replying(text)], {
      step: 'destroy the replaced key',
      ms: this.#context.profile.timeouts.command,
    });
    this.#fresh = null;
    if (!reply.some((one) => one.key === 'd'))
      throw new StationError('board/old-key-kept', { path: `${observation.key.realPath}${FORMER_SUFFIX}` });
  }

  async discardStaged(): Promise<void> {
    const { setup, observation } = this.#known();
    const { paths } = this.#context.profile;
    const files = new Set([
      this.#paths.configuration,
      this.#paths.fallbackConfiguration,
      `${paths.dataDirectory}/${STATION_CA_FILE}`,
      ...this.#stagedFiles,
    ]);
    const start = this.#hasStoppedClient ? `;${startText(setup)}` : '';
    const removed = [...files].map((file) => `l ${quote(file)};rm -f "$r${STAGED_SUFFIX}"`).join(';');
    const key = quote(`${observation.key.realPath}${STAGED_SUFFIX}`);
    const [inUse = '', former = ''] = ['', FORMER_SUFFIX].map((suffix) =>
      quote(`${observation.key.realPath}${suffix}`),
    );
    // A second name that a switch gave to the key in use, and then did not replace it.
    const second = `[ -e ${former} ]&&${sameText(inUse, former)}&&rm -f ${former}`;
    const command = replying(`${removed};rm -f ${key};${second};y ${inUse}${start}`);
    await this.#run([this.#hasStoppedClient ? `${command};Z=` : command], {
      step: 'discard',
      ms: this.#context.profile.timeouts.command,
    });
    this.#stagedFiles = [];
    this.#hasStagedKey = false;
    this.#hasStoppedClient = false;
    this.#fresh = null;
  }

  async askClient(): Promise<ClientAnswer> {
    const { setup, observation } = this.#known();
    if (setup.generation === 'none') throw new StationError('board/client-missing');
    const { path, realPath, from, certificate, state } = observation.key;
    // Called without the passphrase, the client would take its key for unreadable and make another over it.
    if (state === 'passphrase' && !setup.hasPassphrase)
      throw new StationError('board/passphrase-unknown', { path });
    const call = clientCall(setup, 'bootstrap', quote);
    const reply = await this.#run([replying(`p q;${call};p r $?;k ${quote(path)}`, 'with errors')], {
      step: 'ask the client',
      ms: this.#context.profile.timeouts.clientBootstrap,
    });
    const key = readKey(section(reply, 'k'));
    const reading: KeyFileReading = {
      path,
      realPath: key.realPath === '' ? realPath : key.realPath,
      from,
      certificate,
      ...keyState(key, path, engineOf(observation), setup.hasPassphrase),
    };
    this.#fresh = null;
    return {
      ...readAnswer(setup.generation, lines(section(reply, 'q')), Number(section(reply, 'r').args[0] ?? -1)),
      key: reading,
    };
  }

  async clientRuns(): Promise<boolean | null> {
    const { setup } = this.#known();
    const reply = await this.#run([replying(TELL_CLIENT)], {
      step: 'look for the client',
      ms: this.#context.profile.timeouts.command,
    });
    return isKeptRunning(setup, section(reply, 'z').args);
  }

  async setClock(): Promise<void> {
    const { clock } = this.#line;
    const began = clock.now();
    const seconds = Math.round((began + this.#line.duration(100)) / 1000);
    const reply = await this.#run([replying(`p t $(date -u -s @${seconds} +%s) $(date +%s)`)], {
      step: 'set the clock',
      ms: this.#context.profile.timeouts.command,
    });
    const shown = Number(section(reply, 't').args.at(-1) ?? Number.NaN);
    const difference = shown * 1000 - began;
    this.#fresh = null;
    if (!(Math.abs(difference) < 3_000 + (clock.now() - began)))
      throw new StationError('board/clock-wrong', {
        difference: Number.isNaN(difference) ? 'an unknown time' : `${Math.round(difference / 1000)} s`,
      });
  }

  /** Logs out, whatever happened before: starts a client that was stopped, ends the loop and the login. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    const line = this.#line;
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(new StationError('job/cancelled')), LEAVE_MS);
    const { leaveBy = limit.signal } = this.#context;
    const signal = AbortSignal.any([limit.signal, leaveBy]);
    const unconfirmed = `the board did not confirm the log-out; its session ends itself after ${IDLE_SECONDS} s`;
    try {
      if (line.isGone) return;
      const left = await this.#restartAndLeave(signal);
      line.note(left ? 'logged out' : unconfirmed);
    } catch (error) {
      // The job's own result is what counts; that the line went during a log-out is told in its transcript.
      const words = error instanceof Error ? error.message : String(error);
      line.note(signal.aborted ? unconfirmed : `log-out: ${words}`);
    } finally {
      clearTimeout(timer);
      line[Symbol.dispose]();
    }
  }

  async #restartAndLeave(signal: AbortSignal): Promise<boolean> {
    if (this.#hasStoppedClient && this.#reading !== null && this.#loop.isIdle) {
      const { setup } = this.#reading;
      await this.#loop.run([`${replying(startText(setup))};Z=`], {
        step: 'start the client',
        ms: 8_000,
        signal,
      });
    }
    return this.#loop.leave(signal);
  }

  /** Observes; where the board's own settings name other files than those that were looked at, once more with these. */
  async #read(
    exchange: (
      command: string,
      options: { step: string; ms: number; signal: AbortSignal },
    ) => Promise<Buffer | readonly Section[]>,
  ): Promise<Reading> {
    const { clock } = this.#line;
    const options = {
      step: 'observe',
      ms: this.#context.profile.timeouts.command,
      signal: this.#context.signal,
    };
    let reading: Reading;
    for (let round = 0; ; round += 1) {
      const { identityScript, configuration, fallbackConfiguration, dataDirectory, key } = this.#paths;
      const words = [identityScript, configuration, fallbackConfiguration, dataDirectory, key]
        .map(quote)
        .join(' ');
      const command = replying(`O ${words}`);
      const reply = round === 0 ? await exchange(command, options) : await this.#run([command], options);
      const all = Buffer.isBuffer(reply) ? this.#tell(sections(reply, this.#nonce)) : reply;
      const { sentAt, answeredAt } = this.#loop.lastTimes;
      const wall = clock.now() - clock.monotonic();
      reading = readObservation(all, this.#paths, { sentAt: wall + sentAt, answeredAt: wall + answeredAt });
      if (reading.elsewhere === null || round > 1) break;
      this.#paths = reading.elsewhere;
    }
    if (reading.storeIsSuspect) {
      const update = await readUpdateStore(
        `${this.#paths.dataDirectory}/mender-store`,
        async (command) => section(await this.#run([replying(command)], options), 'b').content,
      );
      const { observation } = reading;
      const client = {
        ...observation.client,
        update: observation.client.update === 'none' ? update : observation.client.update,
      };
      reading = { ...reading, observation: { ...observation, client } };
    }
    // Left by an earlier, unfinished job.
    if (this.#stagedFiles.length === 0) this.#hasStagedKey = reading.observation.staged !== null;
    this.#reading = reading;
    return reading;
  }

  /** One exchange at a time; the reply's sections, told to the transcript with their secrets masked. */
  async #run(
    command: readonly Piece[],
    options: { readonly step: string; readonly ms: number },
  ): Promise<readonly Section[]> {
    const { signal } = this.#context;
    const before = this.#turn;
    const work = before
      .catch(() => undefined) // told to whoever began it
      .then(() => this.#loop.run(command, { ...options, signal }));
    this.#turn = work;
    const reply = await work;
    this.#usedAt = this.#line.clock.monotonic();
    return this.#tell(sections(reply, this.#nonce));
  }

  #tell(all: readonly Section[]): readonly Section[] {
    for (const { key, args, content } of all) {
      this.#line.received(`${[key, ...args].join(' ')}\n`);
      if (content.length === 0) continue;
      if (key === 'c') this.#line.received({ masked: 'configuration', bytes: content });
      else if (key === 'g') this.#line.received({ masked: 'signature', bytes: content });
      else if (key === 'b') this.#line.received(`(${content.length} bytes)\n`);
      else if (key === 'k') this.#line.received(`${publicLines(content)}\n`);
      else this.#line.received(content.toString('utf8'));
    }
    return all;
  }

  /** While a job waits for its server, the board's loop must not take the station for dead. */
  async #keepAwake(): Promise<void> {
    const { clock } = this.#line;
    const signal = AbortSignal.any([this.#ended.signal, this.#context.signal]);
    try {
      for (;;) {
        const idle = (IDLE_SECONDS * 1000) / 2 - (clock.monotonic() - this.#usedAt);
        if (idle > 0) await clock.sleep(idle, signal);
        else await this.#run(['B='], { step: 'keep awake', ms: this.#context.profile.timeouts.command });
      }
    } catch {
      // The session ended, or the line did: the exchange that needs it will say so.
    }
  }

  #known(): Reading {
    if (this.#reading === null)
      throw new StationError('station/internal', { detail: 'nothing was observed yet' });
    return this.#reading;
  }

  #stageFault(words: string, type: KeyType | null): StationError {
    const { dataDirectory } = this.#known().observation;
    if (/no space left|disk quota/i.test(words))
      return new StationError('board/disk-full', { path: dataDirectory.path, free: dataDirectory.freeBytes });
    if (/read-only file system/i.test(words))
      return new StationError('board/read-only', { path: dataDirectory.path });
    if (type !== null)
      return new StationError('board/cannot-make-key', {
        type,
        detail: words === '' ? 'openssl made none' : words.slice(0, 200),
      });
    return new StationError('board/stage-mismatch', {}, { cause: words });
  }
}

/** What of a key file's reading is text: its path, its hash, and whether it is encrypted. */
function publicLines(content: Buffer): string {
  const text = content.toString('latin1').split('\n').slice(0, 3).join('\n');
  return Buffer.from(text, 'latin1').toString('utf8');
}

/** What keeps the key, where no file does: known from the configuration, which nothing here moves to another key. */
function engineOf({ key }: BoardObservation): 'engine' | null {
  return key.state === 'engine' ? 'engine' : null;
}

/**
 * Shell text that gives a key file a second name before it is replaced, so that its bytes can be overwritten later; a
 * file system without such links gets a copy. It is true also where there is no key yet.
 */
function keepText(path: string): string {
  const [key, former] = [quote(path), quote(`${path}${FORMER_SUFFIX}`)];
  return `{ [ ! -e ${key} ]||{ rm -f ${former};ln ${key} ${former}||{ cp -p ${key} ${former}&&y ${former};};};}`;
}

const SUFFIXES = { 'in-use': '', staged: STAGED_SUFFIX, former: FORMER_SUFFIX } as const;

/** Shell text that is true where two files hold the same bytes. */
function sameText(a: string, b: string): string {
  return `[ "$(sha256sum<${a})" = "$(sha256sum<${b})" ]`;
}

/** Shell text that signs the file `$T` with a key file of whatever type it is, as section g. */
function signText(path: string): string {
  const key = quote(path);
  return `p g;openssl dgst -sha256 -passin pass: -sign ${key} "$T" 2>/dev/null||openssl pkeyutl -sign -rawin -passin pass: -inkey ${key} -in "$T" 2>/dev/null`;
}

function base64(bytes: Uint8Array, masked: 'private key' | 'configuration' | 'token'): Piece {
  return { masked, bytes: Buffer.from(Buffer.from(bytes).toString('base64'), 'latin1') };
}
