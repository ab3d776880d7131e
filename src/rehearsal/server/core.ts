import { Admission } from './admission.ts';
import { DeviceStore, type Device, type DeviceStatus, type SetStatus } from './device-store.ts';
import { DeviceTokens } from './device-tokens.ts';
import { defaultEnvironment, type Environment } from './environment.ts';
import { faultReply, FaultSwitch, type Fault, type FaultAction } from './faults.ts';
import { pathOf } from './gateway.ts';
import type { Json } from './go-json.ts';
import { Inventory } from './inventory.ts';
import { QuotaMeter } from './quota.ts';
import { RequestLog } from './request-log.ts';
import type { State } from './route.ts';
import { Users, type AccountTraits } from './users.ts';
import { Visit } from './visit.ts';
import type { Mode, Outcome, Reply, WireRequest } from './wire.ts';

/** Who may log in when nothing else is said. */
export const DEFAULT_ADMIN = { email: 'admin@bench.local', password: 'rehearsal-bench' } as const;

export interface CoreOptions extends Partial<Omit<Environment, 'mode'>> {
  /** Default `2026`. */
  readonly mode?: Mode;
  /** The first user; `none` starts without, as a new server does. Default: `DEFAULT_ADMIN`. */
  readonly admin?: { readonly email: string; readonly password: string } | 'none';
  /** Further accounts. */
  readonly accounts?: readonly ({ readonly email: string; readonly password: string } & AccountTraits)[];
  readonly faults?: readonly Fault[];
}

/** One device as a test may look at it. */
export interface DeviceView {
  readonly id: string;
  readonly identity: { readonly [name: string]: Json };
  readonly status: DeviceStatus;
  readonly decommissioning: boolean;
  /** How many `provision_device` jobs were sent for it. */
  readonly provisioned: number;
  readonly sets: readonly {
    readonly id: string;
    readonly pubkey: string;
    readonly status: SetStatus;
    /** Whether a device token was issued for it and not revoked. */
    readonly hasToken: boolean;
  }[];
  readonly tags: { readonly [name: string]: Json };
  readonly group: string | undefined;
}

/** The server without sockets. */
export interface MenderCore {
  /** May be changed while the server runs; holds from the next call on. */
  readonly environment: Environment;
  readonly faults: FaultSwitch;
  readonly requests: RequestLog;
  /** Answers one call. Never throws for anything a client can send, and never waits. */
  handle(request: WireRequest): Outcome;
  /** Every device, oldest first. */
  inspect(): readonly DeviceView[];
  /** Makes a user, as `useradm create-user` on the server's command line does. Throws what the command says. */
  createUser(email: string, password: string, traits?: AccountTraits): void;
  /** Ends every session, and with `accessTokens` every personal access token. Returns how many. */
  revokeSessions(options?: { readonly accessTokens?: boolean }): number;
  /** Ends every decommissioning workflow now. */
  finishDecommissions(): void;
}

/** Makes a server with nothing in it but its first user. */
export function createMenderCore(options: CoreOptions = {}): MenderCore {
  const { mode = '2026', admin = DEFAULT_ADMIN, accounts = [], faults = [], ...overrides } = options;
  const core = new Core(defaultEnvironment(mode, overrides), faults);
  if (admin !== 'none') core.createUser(admin.email, admin.password);
  for (const { email, password, ...traits } of accounts) core.createUser(email, password, traits);
  return core;
}

class Core implements MenderCore {
  readonly environment: Environment;
  readonly faults: FaultSwitch;
  readonly requests = new RequestLog();
  private readonly state: State;
  private readonly quota: QuotaMeter;

  constructor(environment: Environment, faults: readonly Fault[]) {
    this.environment = environment;
    this.faults = new FaultSwitch(faults);
    const store = new DeviceStore();
    const tokens = new DeviceTokens(environment, store);
    const inventory = new Inventory(environment, store);
    const admission = new Admission(environment, store, tokens, inventory);
    this.state = { environment, users: new Users(environment), store, tokens, inventory, admission };
    this.quota = new QuotaMeter(environment);
  }

  handle(request: WireRequest): Outcome {
    this.state.admission.finishDecommissions(false);
    const visit = new Visit(this.state, this.quota, request);
    const path = pathOf(request.target);
    const actions = this.faults.take({ step: visit.step, method: request.method, path });
    const log = (status: number | 'dropped' | 'hung'): void =>
      this.requests.add({ method: request.method, path, step: visit.step, status });
    return this.suffer(actions, visit, log);
  }

  /** Runs a visit through the faults that hit it. */
  private suffer(
    actions: readonly FaultAction[],
    visit: Visit,
    log: (status: number | 'dropped' | 'hung') => void,
  ): Outcome {
    const answer = (reply: Reply): Outcome => {
      log(reply.status);
      return { kind: 'answer', response: visit.finish(reply) };
    };
    const cut = (kind: 'drop' | 'hang'): Outcome => {
      log(kind === 'drop' ? 'dropped' : 'hung');
      return { kind };
    };
    const after = (index: number, reply: Reply): Outcome => {
      const action = actions[index];
      if (!action) return answer(reply);
      if (action.kind === 'latency' && action.when !== 'before') {
        return { kind: 'wait', ms: action.ms, next: () => after(index + 1, reply) };
      }
      if (action.kind === 'status' && action.when === 'after') return answer(faultReply(action));
      if ((action.kind === 'drop' || action.kind === 'hang') && action.when === 'after')
        return cut(action.kind);
      return after(index + 1, reply);
    };
    const work = (workflows: boolean): Outcome => {
      const done = visit.run(workflows);
      if (!('then' in done)) return after(0, done);
      return { kind: 'wait', ms: done.waitMs, next: () => after(0, done.then()) };
    };
    const before = (index: number, workflows: boolean): Outcome => {
      const action = actions[index];
      if (!action) return work(workflows);
      switch (action.kind) {
        case 'latency':
          if (action.when !== 'before') break;
          return { kind: 'wait', ms: action.ms, next: () => before(index + 1, workflows) };
        case 'status':
          if (action.when === 'after') break;
          return answer(faultReply(action));
        case 'drop':
        case 'hang':
          if (action.when === 'after') break;
          return cut(action.kind);
        case 'workflows-down':
          return before(index + 1, false);
        case 'revoke-sessions':
          this.revokeSessions();
          break;
      }
      return before(index + 1, workflows);
    };
    return before(0, this.environment.workflows === 'up');
  }

  inspect(): readonly DeviceView[] {
    const { store, tokens, inventory } = this.state;
    this.state.admission.finishDecommissions(false);
    return [...store.all()].map((device: Device) => {
      const known = inventory.inspect(device.id);
      return {
        id: device.id,
        identity: Object.fromEntries(device.identity.members),
        status: device.status,
        decommissioning: device.decommissioning,
        provisioned: device.provisioned,
        sets: store.setsOf(device.id).map((set) => ({
          id: set.id,
          pubkey: set.key.pem,
          status: set.status,
          hasToken: tokens.has(set.id),
        })),
        tags: known?.tags ?? {},
        group: known?.group,
      };
    });
  }

  createUser(email: string, password: string, traits: AccountTraits = {}): void {
    const created = this.state.users.create(email, password, { traits });
    if (!created.ok) throw new Error(created.error);
  }

  revokeSessions(options: { readonly accessTokens?: boolean } = {}): number {
    return this.state.users.revokeAll(options);
  }

  finishDecommissions(): void {
    this.state.admission.finishDecommissions(true);
  }
}
