import * as z from 'zod';
import { ERRORS } from '../../../src/model/error-table.ts';

/** The result of `provision --json`, member by member; scripts depend on it. */
const errorShape = z.strictObject({
  code: z.enum(Object.keys(ERRORS)),
  message: z.string().min(10),
  unchanged: z.string().min(10),
  remedy: z.string().min(5),
  retriable: z.boolean(),
});
const jobShape = z.strictObject({
  job: z.string().regex(/^[0-9A-HJKMNP-TV-Z]{26}$/),
  port: z.string().min(1),
  slot: z.string().min(1),
  verdict: z.enum(['pass', 'fail', 'already', 'stopped']),
  identity: z.record(z.string(), z.union([z.string(), z.array(z.string())])).nullable(),
  deviceId: z.string().nullable(),
  authSetId: z.string().nullable(),
  keyFingerprint: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/)
    .nullable(),
  keyType: z.enum(['ed25519', 'p256', 'p384', 'rsa2048', 'rsa3072', 'rsa4096', 'other']).nullable(),
  keyOrigin: z.enum(['board', 'station', 'import', 'kept']).nullable(),
  proof: z.enum(['station', 'board-key', 'board-client']).nullable(),
  oldKey: z.enum(['none', 'refused-tested', 'removed-not-tested']),
  steps: z.array(z.strictObject({ step: z.string().min(1), ms: z.number().int().min(0) })),
  wire: z.strictObject({
    tx: z.number().int(),
    rx: z.number().int(),
    roundTrips: z.number().int(),
  }),
  notes: z.array(z.string()),
  error: errorShape.nullable(),
});
export const reportShape = z.strictObject({
  jobs: z.array(jobShape).min(1),
  elapsedMs: z.number().int().min(0),
});
