import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { type AwsRequest, endpointOf } from '../lambda/authorizer/aws-request.js';
import type { FetchedText } from '../lambda/authorizer/fetch-text.js';
import { objectUrl } from '../lambda/authorizer/revocation-store.js';
import { MAX_REVOCATION_BYTES } from '../lib/policy/revocation-document.js';
import { withLock } from '../local/lock.js';
import { ask, type PlaceEnvironment, refused } from './ask-aws.js';
import { cliError } from './error.js';
import { ConfigMapPlace } from './revoke-config-map.js';

/** What was read, and by what it is known again. */
export interface Stored {
  readonly text: string;
  readonly tag: string;
}

/** Bytes of an item with the names of its members ("Quotas in Amazon DynamoDB"). */
const MAX_ITEM_BYTES = 400 * 1024;

const REMEDY = 'write with the role that may read and write the revocation document';

/** Where a revocation document is kept. */
export interface DocumentPlace {
  /** Bytes of the longest text that can be there and that points read, once it was read. */
  readonly maxBytes: number;
  /** Undefined if there is none. */
  read(): Promise<Stored | undefined>;
  /** Put a text in the place of what was read (of nothing, if undefined); false if that is there no more. */
  write(text: string, before: Stored | undefined): Promise<boolean>;
}

/** `s3://bucket/key`, `dynamodb://table/id`, `configmap://namespace/name`, or else a file. */
export function documentPlace(text: string, environment: PlaceEnvironment): DocumentPlace {
  const [, service, container = '', name = ''] = /^([a-z0-9]+):\/\/([^/]*)\/?(.*)$/s.exec(text) ?? [];
  if (service === undefined) return new FilePlace(text);
  if (service === 'configmap' && container !== '' && /^[a-z0-9][-.a-z0-9]*$/.test(name)) {
    return new ConfigMapPlace(container, name);
  }
  if ((service === 's3' || service === 'dynamodb') && container !== '' && name !== '') {
    return service === 's3'
      ? new ObjectPlace(container, name, environment)
      : new ItemPlace(container, name, environment);
  }
  throw cliError('revocation-place', '--in', 'this is no place of a revocation document', {
    found: text,
    expected: 's3://BUCKET/KEY, dynamodb://TABLE/ID, configmap://NAMESPACE/NAME, or a file',
    remedy: 'name one of these',
  });
}

/** A file on this machine, replaced by one rename; others that write wait for one another. */
class FilePlace implements DocumentPlace {
  readonly maxBytes = MAX_REVOCATION_BYTES;

  constructor(readonly file: string) {}

  async read(): Promise<Stored | undefined> {
    try {
      const text = await readFile(this.file, 'utf8');
      return { text, tag: text };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw cliError('revocation-place', this.file, 'the file cannot be read', {
        found: String(error),
        remedy: 'name a file that may be read and written',
      });
    }
  }

  async write(text: string, before: Stored | undefined): Promise<boolean> {
    const next = `${this.file}.${randomUUID()}`;
    return withLock(`${this.file}.lock`, async () => {
      if ((await this.read())?.tag !== before?.tag) return false;
      try {
        await writeFile(next, text);
        await rename(next, this.file);
      } finally {
        await rm(next, { force: true });
      }
      return true;
    });
  }
}

/** An object of S3, whose entity tag a write names (`If-Match`). */
class ObjectPlace implements DocumentPlace {
  readonly maxBytes = MAX_REVOCATION_BYTES;
  readonly #url: URL;

  constructor(
    bucket: string,
    readonly key: string,
    readonly environment: PlaceEnvironment,
  ) {
    const { AWS_ENDPOINT_URL: endpoint } = environment;
    this.#url = objectUrl({ bucket, key, ...(endpoint && { endpoint }) }, environment);
  }

  async read(): Promise<Stored | undefined> {
    const { status, headers, text } = await this.#ask('GET');
    if (status === 404) return undefined;
    if (status !== 200 || headers.etag === undefined) throw refused(this.#url.href, status, text, REMEDY);
    return { text, tag: headers.etag };
  }

  async write(body: string, before: Stored | undefined): Promise<boolean> {
    const condition = before ? { 'if-match': before.tag } : { 'if-none-match': '*' };
    const { status, text } = await this.#ask(
      'PUT',
      { ...condition, 'content-type': 'application/json' },
      body,
    );
    // 409: another write of the same object was under way.
    if (status === 412 || status === 409) return false;
    if (status !== 200) throw refused(this.#url.href, status, text, REMEDY);
    return true;
  }

  #ask(method: AwsRequest['method'], headers = {}, body?: string): Promise<FetchedText> {
    const request = {
      service: 's3',
      method,
      url: this.#url,
      headers,
      ...(body !== undefined && { body }),
    } as const;
    return ask(request, this.environment);
  }
}

/** An item of DynamoDB with the members `id` and `document`, written under the condition of its text. */
class ItemPlace implements DocumentPlace {
  readonly maxBytes: number;

  constructor(
    readonly table: string,
    readonly id: string,
    readonly environment: PlaceEnvironment,
  ) {
    this.maxBytes = MAX_ITEM_BYTES - Buffer.byteLength(`id${id}document`);
  }

  async read(): Promise<Stored | undefined> {
    const { status, text } = await this.#ask('GetItem', { ConsistentRead: true });
    if (status !== 200) throw refused(this.table, status, text, REMEDY);
    const { Item: item } = JSON.parse(text) as { Item?: { document?: { S?: string } } };
    const document = item?.document?.S;
    return document === undefined ? undefined : { text: document, tag: document };
  }

  async write(document: string, before: Stored | undefined): Promise<boolean> {
    const { status, text } = await this.#ask('UpdateItem', {
      UpdateExpression: 'SET #document = :next',
      ConditionExpression: before ? '#document = :before' : 'attribute_not_exists(#document)',
      ExpressionAttributeNames: { '#document': 'document' },
      ExpressionAttributeValues: {
        ':next': { S: document },
        ...(before && { ':before': { S: before.tag } }),
      },
    });
    if (status === 400 && text.includes('ConditionalCheckFailedException')) return false;
    if (status !== 200) throw refused(this.table, status, text, REMEDY);
    return true;
  }

  #ask(action: 'GetItem' | 'UpdateItem', members: object): Promise<FetchedText> {
    const { AWS_ENDPOINT_URL: endpoint } = this.environment;
    return ask(
      {
        service: 'dynamodb',
        method: 'POST',
        url: new URL(endpoint ?? endpointOf('dynamodb', this.environment)),
        headers: {
          'content-type': 'application/x-amz-json-1.0',
          'x-amz-target': `DynamoDB_20120810.${action}`,
        },
        body: JSON.stringify({ TableName: this.table, Key: { id: { S: this.id } }, ...members }),
      },
      this.environment,
    );
  }
}
