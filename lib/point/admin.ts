import { request } from 'node:http';

/** Milliseconds for an Envoy to answer on its own socket. */
const PATIENCE = 2000;

/** One answer of Envoy's administration interface, over its UNIX socket. */
export function adminGet(socketPath: string, path: string): Promise<{ status: number; body: string }> {
  return new Promise((done, fail) => {
    const call = request({ socketPath, path, agent: false, timeout: PATIENCE }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => done({ status: response.statusCode ?? 0, body }));
      response.on('error', fail);
    });
    call.on('timeout', () => call.destroy(new Error('the administration socket does not answer')));
    call.on('error', fail);
    call.end();
  });
}

/** Whether Envoy has loaded everything and listens. */
export async function isLive(socketPath: string): Promise<boolean> {
  try {
    return (await adminGet(socketPath, '/ready')).status === 200;
  } catch {
    return false;
  }
}

/** What Envoy says about the route table that it got by file. */
export interface RouteState {
  /** `version_info` of the table in force; empty if there is none. */
  readonly version: string;
  /** How many tables it has refused since it started. */
  readonly refused: number;
}

/** The state of the route table with that name. */
export async function routeState(socketPath: string, table: string): Promise<RouteState> {
  const { body } = await adminGet(socketPath, `/stats?filter=${encodeURIComponent(`\\.rds\\.${table}\\.`)}`);
  let version = '';
  let refused = 0;
  for (const line of body.split('\n')) {
    const [, name, value = ''] = /\.rds\..*\.([a-z_]+): (.*)$/.exec(line) ?? [];
    if (name === 'version_text') version = value.replace(/^"|"$/g, '');
    if (name === 'update_rejected' || name === 'update_failure') refused += Number(value);
  }
  return { version, refused };
}
