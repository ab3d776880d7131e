import * as z from 'zod';

/** One operation of a stack, as its own Swagger 2.0 describes it. */
export interface Operation {
  readonly method: 'GET' | 'POST';
  /** With `{name}` for the thing's name, where it is in the path. */
  readonly path: string;
  /** Where the thing's name goes. */
  readonly thingName: 'path' | 'query' | 'body';
}

const parameter = z.object({
  name: z.string().optional(),
  in: z.string().optional(),
  schema: z.unknown().optional(),
});
const operation = z.object({
  operationId: z.string().optional(),
  parameters: z.array(parameter).optional(),
});
const swagger = z.object({
  swagger: z.string().optional(),
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
});
const bodySchema = z.object({ properties: z.record(z.string(), z.unknown()).optional() });

const METHODS = ['GET', 'POST'] as const;

/** Words of an operation that does more to a certificate than to give it. */
const CHANGES =
  /activat|attach|batch|creat|delet|detach|disabl|enabl|generat|import|issue|new|register|remov|renew|replac|reset|revok|rotat|sign|upload/;

/**
 * The operation that gives a thing's certificate and key, or null where the stack has none.
 *
 * Its path is not public and is not guessed. In the stack's own description it is an operation on one thing, not on a
 * batch, whose path or operation id names a certificate, and which takes the thing's name (assumed from the name of the
 * older `DOWNLOAD_CERTIFICATE` and its argument `thingName`). A `GET` goes before a `POST`, which has to say that it downloads;
 * whatever by its words may end, change or make a certificate is left alone.
 */
export function certificateDownload(description: unknown): Operation | null {
  const found = operationsOf(description).filter(
    ({ method, words }) =>
      /certificate/.test(words) && !CHANGES.test(words) && (method === 'GET' || /download/.test(words)),
  );
  return found.find(({ method }) => method === 'GET') ?? found[0] ?? null;
}

/** The words by which the stack names an operation that issues a new certificate for a thing; null where it has none. */
export function newCertificate(description: unknown): string | null {
  const found = operationsOf(description).find(
    ({ words }) => /certificate/.test(words) && /create|renew|rotate/.test(words),
  );
  return found === undefined ? null : `${found.method} ${found.path}`;
}

/** Whether this is a description at all. */
export function isSwagger(description: unknown): boolean {
  return swagger.safeParse(description).success;
}

function operationsOf(description: unknown): readonly (Operation & { readonly words: string })[] {
  const parsed = swagger.safeParse(description);
  if (!parsed.success) return [];
  return Object.entries(parsed.data.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const one = operation.safeParse(item[method.toLowerCase()]);
      if (!one.success) return [];
      const shared = z.array(parameter).safeParse(item['parameters']);
      const parameters = [...(one.data.parameters ?? []), ...(shared.success ? shared.data : [])];
      const place = placeOfName(path, parameters);
      if (place === null) return [];
      const words = `${path} ${one.data.operationId ?? ''}`.toLowerCase();
      return [{ method, words, ...place }];
    }),
  );
}

function placeOfName(
  path: string,
  parameters: readonly z.infer<typeof parameter>[],
): Pick<Operation, 'path' | 'thingName'> | null {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)];
  const [first] = inPath;
  if (inPath.length > 1) return null;
  if (first !== undefined)
    return isNameOfThing(first[1]) ? { path: path.replace(first[0], '{name}'), thingName: 'path' } : null;
  if (parameters.some((one) => one.in === 'query' && one.name === 'thingName'))
    return { path, thingName: 'query' };
  const body = parameters.find((one) => one.in === 'body');
  const schema = bodySchema.safeParse(body?.schema);
  return schema.success && schema.data.properties?.['thingName'] !== undefined
    ? { path, thingName: 'body' }
    : null;
}

function isNameOfThing(name: string | undefined): boolean {
  return name !== undefined && /^(thingName|thing|thingId|id)$/.test(name);
}
