import { readFileSync } from 'node:fs';
import { z } from 'zod';

const Exchange = z.object({
  label: z.string(),
  method: z.string(),
  path: z.string(),
  reqHeaders: z.record(z.string(), z.string()),
  reqBody: z.string().optional(),
  status: z.number(),
  resHeaders: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
  resBody: z.string(),
});

/** One recorded request with its answer. */
export type Exchange = z.infer<typeof Exchange>;

export function readRecording(year: '2026' | '2023'): Exchange[] {
  const file = new URL(`../../../data/mender-wire-${year}.jsonl`, import.meta.url);
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => Exchange.parse(JSON.parse(line)));
}

const CUT = /…\((\d+)\)$/;

/** The length that a text had before the recorder cut it; undefined when it is whole. */
export function cutLength(text: string): number | undefined {
  const length = CUT.exec(text)?.[1];
  return length === undefined ? undefined : Number(length);
}

/**
 * A request body as it was sent. Long ones were cut by the recorder, but are one character repeated: `tail` is what came
 * after it, and the signature tells whether the whole is right.
 */
export function wholeBody(text: string, tail: string): string {
  const length = cutLength(text);
  if (length === undefined) return text;
  const kept = text.replace(CUT, '');
  return kept + kept.slice(-1).repeat(length - kept.length - tail.length) + tail;
}

/** The claims of a token without looking at its signature. */
export function claimsOf(token: string): { readonly [name: string]: unknown } {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
    [name: string]: unknown;
  };
}
