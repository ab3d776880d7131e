import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { APP_ORIGIN } from '../messages.ts';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.wav': 'audio/wav',
};

/** The page may load what comes with the app, run no inline script, have no inline style, and reach no network at all. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "media-src 'self'",
  "connect-src 'none'",
  "frame-src 'none'",
  "worker-src 'none'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Device and sensor interfaces that the page must not have, whatever a permission handler says. */
const PERMISSIONS_POLICY = [
  'bluetooth',
  'camera',
  'display-capture',
  'geolocation',
  'hid',
  'microphone',
  'midi',
  'payment',
  'serial',
  'usb',
]
  .map((feature) => `${feature}=()`)
  .join(', ');

/**
 * Answers requests to `app://station/` with the files of one folder, and with nothing else: other hosts, methods, types
 * and paths out of the folder get a 404.
 */
export function serveFolder(folder: string): (request: Request) => Promise<Response> {
  const root = path.resolve(folder);
  return async (request) => {
    const file = fileFor(root, request);
    const type = TYPES[path.extname(file ?? '')];
    if (file === undefined || type === undefined) return notFound();
    try {
      return respond(await readFile(file), type);
    } catch {
      return notFound();
    }
  };
}

function fileFor(root: string, request: Request): string | undefined {
  if (request.method !== 'GET' || !request.url.startsWith(`${APP_ORIGIN}/`)) return undefined;
  const { pathname } = new URL(request.url);
  let name: string;
  try {
    name = decodeURIComponent(pathname);
  } catch {
    return undefined;
  }
  const file = path.resolve(root, `.${name === '/' ? '/index.html' : name}`);
  return file.startsWith(root + path.sep) && !name.includes('\0') ? file : undefined;
}

function respond(content: Buffer, type: string): Response {
  return new Response(new Uint8Array(content), {
    headers: {
      'content-type': type,
      'content-security-policy': CONTENT_SECURITY_POLICY,
      'permissions-policy': PERMISSIONS_POLICY,
      'cross-origin-opener-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    },
  });
}

function notFound(): Response {
  return new Response('not found', { status: 404, headers: { 'content-type': 'text/plain' } });
}
