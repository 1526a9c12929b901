import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfigMap } from '../../../lambda/authorizer/kubernetes-request.js';
import { temporaryFolder } from '../../local/temporary.js';

const NAME = { kind: 'kubernetes', namespace: 'shop', name: 'revocations', key: 'revocations.json' } as const;

/** What is read of a ConfigMap that the API server shows. */
function read(map: object): Promise<string | undefined> {
  const folder = temporaryFolder();
  for (const file of ['token', 'ca.crt']) writeFileSync(join(folder, file), 'x');
  return readConfigMap(
    NAME,
    { KUBERNETES_SERVICE_HOST: '::1', KUBERNETES_SERVICE_PORT: '443', ZTP_SERVICE_ACCOUNT: folder },
    async () => ({ status: 200, headers: {}, text: JSON.stringify(map) }),
  );
}

const annotations = { 'zero-trust-platform/revocations-version': '7' };

test('a ConfigMap that was never written has nothing, and one that was emptied is no answer', async () => {
  expect(await read({ metadata: { name: 'revocations' } })).toBeUndefined();
  expect(await read({ metadata: { annotations: { other: '7' } }, data: { other: 'x' } })).toBeUndefined();
  expect(await read({ metadata: { annotations }, data: { 'revocations.json': 'text' } })).toBe('text');
  for (const emptied of [{}, { data: {} }, { data: { other: 'x' } }]) {
    await expect(read({ metadata: { annotations }, ...emptied })).rejects.toThrow('was taken away');
  }
});
