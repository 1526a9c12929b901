import { request } from 'node:http';
import type { Ministack } from '../../support/aws/ministack.js';

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface ApiRequest {
  readonly stage?: string;
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request to a deployed REST API, whose path is sent byte for byte. */
export function callApi(aws: Ministack, api: string, asked: ApiRequest): Promise<ApiAnswer> {
  const { stage = 'live', method = 'GET', path, headers } = asked;
  return new Promise((done, fail) => {
    const outgoing = request(
      {
        host: '127.0.0.1',
        port: aws.port,
        method,
        path: `/${stage}${path}`,
        headers: { ...headers, host: `${api}.execute-api.localhost:${aws.port}` },
      },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () =>
          done({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(parts).toString(),
          }),
        );
      },
    );
    outgoing.on('error', fail);
    outgoing.end();
  });
}

/** The ids of REST APIs by what their names or descriptions hold. */
export async function apiIds(aws: Ministack): Promise<readonly { id: string; text: string }[]> {
  const scope = 'test/20260101/eu-central-1/apigateway/aws4_request';
  const answer = await fetch(`${aws.endpoint}/restapis?limit=500`, {
    headers: { authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0` },
  });
  const { item = [] } = (await answer.json()) as {
    item?: readonly { id: string; name: string; description?: string }[];
  };
  return item.map(({ id, name, description = '' }) => ({ id, text: `${name} ${description}` }));
}
