import { refuseBody } from './content-type.ts';
import { tooMany, type StepName } from './faults.ts';
import { findGate, matchRoute, pathOf, type Gate, type Match } from './gateway.ts';
import { encode } from './go-json.ts';
import type { QuotaMeter } from './quota.ts';
import type { Call, Route, State } from './route.ts';
import {
  JSON_TYPE,
  type Deferred,
  type Mode,
  type Reply,
  type WireRequest,
  type WireResponse,
} from './wire.ts';

/** The gateway's own 404, which is not Mender's. */
const NOWHERE: Reply = {
  status: 404,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body: '404 page not found\n',
  anonymous: true,
};

/** One request on its way through gateway, verification, routing and handler. */
export class Visit {
  readonly step: StepName | undefined;
  private readonly state: State;
  private readonly quota: QuotaMeter;
  private readonly request: WireRequest;
  private readonly gate: Gate | undefined;
  private readonly match: Match;
  private requestId: string | undefined;

  constructor(state: State, quota: QuotaMeter, request: WireRequest) {
    this.state = state;
    this.quota = quota;
    this.request = request;
    this.gate = findGate(request, state.environment);
    this.match = this.gate ? matchRoute(this.gate, request.method, this.mode) : { kind: 'unknown' };
    const step = this.match.kind === 'route' ? this.match.route.step : undefined;
    this.step = typeof step === 'function' ? step(request) : step;
  }

  private get mode(): Mode {
    return this.state.environment.mode;
  }

  run(workflows: boolean): Deferred {
    const { gate, request, state } = this;
    if (!gate) return NOWHERE;
    const call: Call = {
      ...state,
      request,
      params: this.match.kind === 'route' ? this.match.params : [],
      query: new URLSearchParams(request.target.slice(pathOf(request.target).length)),
      workflows,
    };
    if (gate.access === 'anybody')
      return this.serve((route) => (route.access === 'anybody' ? route.handle(call) : undefined));
    if (gate.access === 'device') return this.serveDevice(call);
    return this.serveUser(call);
  }

  private serveUser(call: Call): Deferred {
    const { headers } = this.request;
    const caller = call.users.verify(headers['authorization'], headers['cookie']);
    if (!caller.ok) {
      return {
        status: 401,
        error: caller.error,
        ...(caller.challenge ? { headers: { 'www-authenticate': 'Bearer realm="ManagementJWT"' } } : {}),
      };
    }
    if (call.environment.redis === 'down') return { status: 500, error: 'internal error' };
    const wait = this.quota.exceeded('user', caller.user.id);
    if (wait !== undefined) return tooMany(wait);
    const { user, tokenId, tenant } = caller;
    if (user.role === 'reader' && !this.onlyReads()) return { status: 403, error: 'access denied' };
    return this.serve((route) =>
      route.access === 'user' ? route.handle({ ...call, user, tokenId, tenant }) : undefined,
    );
  }

  /** A question, also one that is asked by POST; leaving is everybody's right. Judged by the gateway, before the body. */
  private onlyReads(): boolean {
    return (
      this.request.method === 'GET' ||
      ['search-devices', 'inventory-search', 'logout'].includes(this.step ?? '')
    );
  }

  private serveDevice(call: Call): Deferred {
    const device = call.tokens.verify(this.request.headers['authorization']);
    if (!device) return { status: 401 };
    const wait = this.quota.exceeded('device', device.id);
    if (wait !== undefined) return tooMany(wait);
    return this.serve((route) => (route.access === 'device' ? route.handle({ ...call, device }) : undefined));
  }

  /** What the service itself does before and instead of its handlers. */
  private serve(handle: (route: Route) => Deferred | undefined): Deferred {
    const { match, mode, request } = this;
    const body = refuseBody(request, mode);
    // The 2023 framework judges the body before it looks for a route.
    if (body && mode === '2023') return body;
    const modern = mode === '2026';
    const unknown: Reply = {
      status: 404,
      error: modern ? 'not found' : 'Resource not found',
      framework: !modern,
    };
    switch (match.kind) {
      case 'unknown':
        return unknown;
      case 'trailing slash':
        return modern ? this.redirect() : unknown;
      case 'wrong method':
        if (request.method === 'OPTIONS')
          return { status: 200, headers: { allow: match.allowed.join(', ') } };
        return {
          status: 405,
          error: modern ? 'method not allowed' : 'Method not allowed',
          framework: !modern,
        };
      case 'route':
        return body ?? handle(match.route) ?? unknown;
    }
  }

  private redirect(): Reply {
    const path = pathOf(this.request.target);
    const location = `${path.slice(0, -1)}${this.request.target.slice(path.length)}`;
    if (this.request.method !== 'GET') return { status: 307, headers: { location }, anonymous: true };
    const body = `<a href="${location.replaceAll('&', '&amp;')}">Moved Permanently</a>.\n\n`;
    return {
      status: 301,
      headers: { 'content-type': 'text/html; charset=utf-8', location },
      body,
      anonymous: true,
    };
  }

  /** Puts request id, error body and default headers on a reply. */
  finish(reply: Reply): WireResponse {
    const headers: { [name: string]: string | readonly string[] } = { ...reply.headers };
    let body = reply.body ?? '';
    const id = reply.anonymous === true ? undefined : this.id();
    if (reply.error !== undefined) {
      headers['content-type'] ??= JSON_TYPE;
      body = encode({ error: reply.error, request_id: reply.framework === true ? undefined : id });
    } else if (
      reply.body === undefined &&
      this.mode === '2023' &&
      id !== undefined &&
      headers['allow'] === undefined
    ) {
      headers['content-type'] ??= JSON_TYPE;
    }
    if (id !== undefined) headers['x-men-requestid'] = id;
    return { status: reply.status, headers, body: this.request.method === 'HEAD' ? '' : body };
  }

  private id(): string {
    this.requestId ??= this.request.headers['x-men-requestid'] ?? this.state.environment.newId('request');
    return this.requestId;
  }
}
