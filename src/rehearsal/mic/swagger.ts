/** Where the simulated stack gives certificates. ASSUMED: the real path is not public, and is read from the description. */
export const DOWNLOAD_PATH = '/things/{thingName}/certificates/download';

/** The stack's description of itself (Swagger 2.0), as far as a station reads it. */
export function swaggerOf(download: boolean): unknown {
  const named = (place: 'path' | 'query', required: boolean): unknown[] => [
    { name: 'thingName', in: place, required, type: 'string' },
  ];
  const answers = { responses: { '200': { description: 'OK' } } };
  return {
    swagger: '2.0',
    info: { title: 'Cloud REST API', version: '2.95.0' },
    basePath: '/prod',
    paths: {
      '/auth/login': { post: { operationId: 'login', ...answers } },
      '/auth/refresh': { post: { operationId: 'refresh', ...answers } },
      '/thingtypes': { get: { operationId: 'listThingTypes', ...answers } },
      '/things': {
        get: { operationId: 'getThing', parameters: named('query', true), ...answers },
        post: { operationId: 'createThing', ...answers },
      },
      '/thingbatches/{batchId}/certificates': {
        get: {
          operationId: 'downloadBatchCertificates',
          parameters: [{ name: 'batchId', in: 'path', required: true, type: 'string' }],
          ...answers,
        },
      },
      ...(download
        ? {
            [DOWNLOAD_PATH]: {
              get: { operationId: 'downloadCertificate', parameters: named('path', true), ...answers },
            },
          }
        : {}),
    },
  };
}
