import { REVOCATIONS_VERSION } from '../../lib/kubernetes/decision/revocations-map.js';
import type { RevocationStore } from './data.js';
import type { FetchText } from './fetch-text.js';

/** Where the API server of a pod's cluster is, as the kubelet says it, and the folder with the pod's right there. */
export interface KubernetesEnvironment {
  readonly KUBERNETES_SERVICE_HOST?: string | undefined;
  readonly KUBERNETES_SERVICE_PORT?: string | undefined;
  /** With the files `token` and `ca.crt`. */
  readonly ZTP_SERVICE_ACCOUNT?: string | undefined;
}

/** Milliseconds in which the API server must have answered. */
const TIMEOUT = 2000;
/** Bytes of a ConfigMap: a mebibyte of values, which JSON may write longer, and what the API server knows of it besides. */
const MAX_BYTES = 4 * 1024 * 1024;

/** The value of a key; nothing, if it was never written. Throws if the API server does not show it, and if somebody emptied it. */
export async function readConfigMap(
  { namespace, name, key }: Extract<RevocationStore, { kind: 'kubernetes' }>,
  {
    KUBERNETES_SERVICE_HOST: host,
    KUBERNETES_SERVICE_PORT: port,
    ZTP_SERVICE_ACCOUNT: folder,
  }: KubernetesEnvironment,
  fetchText: FetchText,
): Promise<string | undefined> {
  if (!host || !port || !folder) throw new Error('no API server or no right there in the environment');
  const { readFile } = await import('node:fs/promises');
  const read = (file: string) => readFile(`${folder}/${file}`, 'utf8');
  // The kubelet renews both.
  const [token, ca] = await Promise.all([read('token'), read('ca.crt')]);
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const { status, text } = await fetchText(`${server}/api/v1/namespaces/${namespace}/configmaps/${name}`, {
    headers: { accept: 'application/json', authorization: `Bearer ${token.trim()}` },
    timeoutMilliseconds: TIMEOUT,
    maxBytes: MAX_BYTES,
    ca,
  });
  if (status !== 200) throw new Error(`the ConfigMap ${namespace}/${name} answers ${status}`);
  const { data = {}, metadata } = JSON.parse(text) as {
    data?: Record<string, unknown>;
    metadata?: { annotations?: Record<string, unknown> };
  };
  const value = data[key];
  if (value === undefined && metadata?.annotations?.[REVOCATIONS_VERSION] !== undefined)
    throw new Error(`${key} of ${namespace}/${name} was taken away`);
  if (value !== undefined && typeof value !== 'string')
    throw new Error(`${key} of ${namespace}/${name} is no text`);
  return value;
}
