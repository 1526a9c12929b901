import { type AwsEnvironment, askAws, endpointOf } from './aws-request.js';
import type { RevocationStore } from './data.js';
import type { FetchText } from './fetch-text.js';
import { type KubernetesEnvironment, readConfigMap } from './kubernetes-request.js';

/**
 * Reads the text of the revocation document; nothing, where a place is made for it and it was never written. Throws if it
 * cannot be had: a store without one is an outage.
 */
export type ReadRevocations = () => Promise<string | undefined>;

export type StoreEnvironment = AwsEnvironment & KubernetesEnvironment;

export interface StoreAccess {
  readonly environment: StoreEnvironment;
  readonly fetchText: FetchText;
  readonly clock: () => number;
}

/** The reader of a store; undefined if there is no store. */
export function revocationReader(store: RevocationStore, access: StoreAccess): ReadRevocations | undefined {
  switch (store.kind) {
    case 'none':
      return undefined;
    case 's3':
      return () => readObject(store, access);
    case 'dynamodb':
      return () => readItem(store, access);
    case 'kubernetes':
      return () => readConfigMap(store, access.environment, access.fetchText);
  }
}

async function readObject(
  store: Extract<RevocationStore, { kind: 's3' }>,
  { environment, fetchText, clock }: StoreAccess,
): Promise<string> {
  const request = { service: 's3', method: 'GET', url: objectUrl(store, environment) } as const;
  const { status, text } = await askAws(request, environment, fetchText, new Date(clock()));
  if (status !== 200) throw new Error(`s3://${store.bucket}/${store.key} answers ${status}`);
  return text;
}

/** The address of an object, the bucket in the host, or behind the address of an emulator. */
export function objectUrl(
  { bucket, key, endpoint }: { bucket: string; key: string; endpoint?: string },
  environment: AwsEnvironment,
): URL {
  const regional = endpointOf('s3', environment);
  const base = endpoint === undefined ? regional.replace('//', `//${bucket}.`) : `${endpoint}/${bucket}`;
  return new URL(`${base}/${key.split('/').map(encoded).join('/')}`);
}

async function readItem(
  { table, id, endpoint }: Extract<RevocationStore, { kind: 'dynamodb' }>,
  { environment, fetchText, clock }: StoreAccess,
): Promise<string> {
  const request = {
    service: 'dynamodb',
    method: 'POST',
    url: new URL(endpoint ?? endpointOf('dynamodb', environment)),
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'DynamoDB_20120810.GetItem',
    },
    body: JSON.stringify({ TableName: table, Key: { id: { S: id } }, ConsistentRead: true }),
  } as const;
  const { status, text } = await askAws(request, environment, fetchText, new Date(clock()));
  if (status !== 200) throw new Error(`the table ${table} answers ${status}`);
  const { Item: item } = JSON.parse(text) as { Item?: { document?: { S?: unknown } } };
  const document = item?.document?.S;
  if (typeof document !== 'string') throw new Error(`the table ${table} has no document ${id}`);
  return document;
}

/** A segment as Signature Version 4 spells it: everything but the unreserved characters of RFC 3986 is escaped. */
function encoded(segment: string): string {
  return encodeURIComponent(segment).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
