import { MAX_BODY_BYTES } from './route.ts';
import type { Mode, Reply, WireRequest } from './wire.ts';

/** What the service says of a body before its handler sees it: too large, or not of JSON's type. */
export function refuseBody(request: WireRequest, mode: Mode): Reply | undefined {
  // Without an announced length neither size nor type is looked at.
  if (request.headers['transfer-encoding'] !== undefined) return undefined;
  const length = request.bodyLength ?? request.body.length;
  if (length === 0) return undefined;
  const header = request.headers['content-type'];
  if (mode === '2023') {
    return isJson(header, true)
      ? undefined
      : {
          status: 415,
          error: "Bad Content-Type or charset, expected 'application/json'",
          framework: true,
          anonymous: true,
        };
  }
  if (length > MAX_BODY_BYTES) return { status: 413, error: 'http: request body too large' };
  const media = header?.split(';', 1)[0]?.trim() ?? '';
  if (media === '')
    return { status: 400, error: 'Invalid value for Content-Type header: mime: no media type' };
  return isJson(header, false)
    ? undefined
    : { status: 415, error: "Bad Content-Type, expected 'application/json'" };
}

function isJson(header: string | undefined, charsetMatters: boolean): boolean {
  const [media, ...parameters] = (header ?? '').split(';').map((part) => part.trim().toLowerCase());
  if (media !== 'application/json') return false;
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length);
  return !charsetMatters || charset === undefined || charset.replaceAll('"', '') === 'utf-8';
}
