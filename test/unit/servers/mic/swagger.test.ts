import { expect, test } from 'vitest';
import { certificateDownload } from '../../../../src/servers/mic/swagger.ts';

/** A stack's description with this one operation beside the way to a thing. */
function described(method: string, path: string, operationId: string): unknown {
  const parameters = [{ name: 'thingName', in: 'path', required: true, type: 'string' }];
  return { swagger: '2.0', paths: { [path]: { [method]: { operationId, parameters } } } };
}

test.each([
  ['post', '/things/{thingName}/certificate/deactivate', 'deactivateCertificate'],
  ['post', '/things/{thingName}/certificate/detach', 'detachCertificate'],
  ['post', '/things/{thingName}/certificate/generate', 'generateCertificate'],
  ['get', '/things/{thingName}/remove-certificate', 'removeThingCertificate'],
  ['post', '/things/{thingName}/certificates', 'issueThingCertificate'],
  ['post', '/things/{thingName}/certificate', 'thingCertificate'],
])('%s %s is never taken for the download of a certificate', (method, path, operationId) => {
  expect(certificateDownload(described(method, path, operationId))).toBe(null);
});

test.each([
  ['get', '/things/{thingName}/certificate', 'getThingCertificate'],
  ['post', '/things/{thingName}/certificates/download', 'downloadCertificate'],
])('%s %s is the download', (method, path, operationId) => {
  expect(certificateDownload(described(method, path, operationId))).toMatchObject({
    method: method.toUpperCase(),
  });
});
