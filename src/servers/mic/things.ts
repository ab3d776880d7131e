import type { Clock } from '../../model/clock.ts';
import { identityLabel, type Identity } from '../../model/identity.ts';
import type { ServerProfile } from '../../model/server-profile.ts';
import { StationError } from '../../model/station-error.ts';
import type { IssuedCredentials, IssuedDevice } from '../device-server.ts';
import { micRequest, inPath, queryText, type MicRequest } from './calls.ts';
import { readIssued, Unusable } from './credentials.ts';
import type { MicSession } from './session.ts';
import { certificateDownload, type Operation } from './swagger.ts';
import { externalIdOf, thingNameOf } from './thing-name.ts';
import { decode, readError, unexpected, wireThing, wireThingTypes } from './wire.ts';

/** Pauses in milliseconds before a creation without an outcome is looked for, and asked for again. */
const PAUSES_MS = [500, 2000];

/** The things of a stack: looked for, made and read, with the rights of a session. */
export class MicThings {
  readonly #profile: ServerProfile;
  readonly #session: MicSession;
  readonly #clock: Clock;

  constructor(profile: ServerProfile, session: MicSession, clock: Clock) {
    this.#profile = profile;
    this.#session = session;
    this.#clock = clock;
  }

  async find(identity: Identity, signal: AbortSignal): Promise<IssuedDevice | null> {
    const name = thingNameOf(identity);
    const answer = await this.#session.call(micRequest('thing', { query: { thingName: name } }), signal);
    // That it is not there is said by the error's key (which one is not documented), or by the status alone.
    const isGone = answer.status >= 400 && answer.status < 500;
    if (answer.status === 404 || (isGone && /NOT_FOUND$/.test(readError(answer).key ?? ''))) return null;
    if (answer.status !== 200) throw unexpected(this.#profile, 'thing', answer);
    const { thingName, externalId } = decode(this.#profile, 'thing', wireThing, answer);
    if (thingName !== name || (externalId ?? externalIdOf(identity)) !== externalIdOf(identity))
      throw new StationError('server/thing-of-another', {
        server: this.#profile.name,
        thing: name,
        owner: thingName === name ? (externalId ?? '') : thingName,
        identity: identityLabel(identity),
      });
    return { name };
  }

  /** Looks before each try: what a lost answer made is found by its name, and nothing is made twice. */
  async create(identity: Identity, signal: AbortSignal): Promise<IssuedDevice> {
    const json = {
      thingName: thingNameOf(identity),
      thingType: await this.#thingType(signal),
      domain: await this.#domain(signal),
      label: identityLabel(identity).slice(0, 128),
      externalId: externalIdOf(identity),
      protocol: 'mqtt',
    };
    for (let round = 0; ; round += 1) {
      let failure: StationError;
      try {
        const answer = await this.#session.call(micRequest('create thing', { json }), signal);
        if (answer.status === 200 || answer.status === 201) {
          const made = await this.find(identity, signal);
          if (made !== null) return made;
        }
        failure = unexpected(this.#profile, 'create thing', answer);
      } catch (error) {
        if (!(error instanceof StationError) || !isUncertain(error)) throw error;
        failure = error;
      }
      const pause = PAUSES_MS[round];
      if (pause !== undefined) await this.#clock.sleep(pause, signal);
      const found = await this.find(identity, signal);
      if (found !== null) return found;
      if (pause === undefined || !isUncertain(failure)) throw failure;
    }
  }

  /** How this stack gives certificates and keys. @throws StationError `server/not-offered`. */
  download(swagger: unknown): Operation {
    const operation = certificateDownload(swagger);
    if (operation !== null) return operation;
    throw new StationError('server/not-offered', {
      server: this.#profile.name,
      what: 'the download of the certificate and the key of a thing; its own description (swagger) has no such operation',
    });
  }

  /** @throws StationError `server/credentials-unusable`. */
  async credentials(
    { name }: IssuedDevice,
    operation: Operation,
    signal: AbortSignal,
  ): Promise<IssuedCredentials> {
    const server = this.#profile.name;
    const answer = await this.#session.call(downloadRequest(operation, name), signal);
    if (answer.status !== 200) throw unexpected(this.#profile, 'certificate download', answer);
    try {
      return readIssued(answer, name, this.#clock.now());
    } catch (thrown) {
      if (!(thrown instanceof Unusable)) throw thrown;
      const details = { server, thing: name, detail: thrown.message };
      throw new StationError('server/credentials-unusable', details, { cause: thrown.cause });
    } finally {
      answer.body.fill(0);
    }
  }

  /** The chosen thing type, or the only one that there is. */
  async #thingType(signal: AbortSignal): Promise<string> {
    const chosen = this.#profile.mic?.thingType ?? null;
    if (chosen !== null) return chosen;
    const types = await this.thingTypes(signal);
    const [only, ...others] = types;
    if (only === undefined || others.length > 0)
      throw new StationError('server/thing-type-needed', {
        server: this.#profile.name,
        types: types.slice(0, 20).join(', ') || 'none',
      });
    return only;
  }

  async thingTypes(signal: AbortSignal): Promise<readonly string[]> {
    const answer = await this.#session.call(
      micRequest('thing types', { query: { attributes: 'id' } }),
      signal,
    );
    if (answer.status !== 200) throw unexpected(this.#profile, 'thing types', answer);
    return decode(this.#profile, 'thing types', wireThingTypes, answer).map(({ id }) => id);
  }

  async #domain(signal: AbortSignal): Promise<string> {
    const chosen = this.#profile.mic?.domain ?? this.#session.user?.domainName;
    if (chosen !== undefined) return chosen;
    const { domainName } = await this.#session.readUser(signal);
    if (domainName !== undefined) return domainName;
    throw new StationError('station/usage', {
      detail: `Say in which domain of ${this.#profile.name} things are made (--domain): its account has none of its own.`,
    });
  }
}

function downloadRequest({ method, path, thingName }: Operation, name: string): MicRequest {
  return {
    name: 'certificate download',
    method,
    path:
      path.replace('{name}', inPath(name)) + (thingName === 'query' ? queryText({ thingName: name }) : ''),
    ...(thingName === 'body' ? { json: { thingName: name } } : {}),
  };
}

/** Whether a call that writes may have been carried out although it failed. */
function isUncertain(error: StationError): boolean {
  if (error.code === 'server/timeout' || error.code === 'server/unreachable') return true;
  const { status } = error.details;
  return error.code === 'server/failed' && typeof status === 'number' && status >= 500;
}
