import { request } from 'node:http';

/** Milliseconds for an Envoy to answer on its own socket. */
const PATIENCE = 2000;

/** An answer of Envoy's administration interface. */
export interface AdminAnswer {
  readonly status: number;
  readonly body: string;
}

/** Read something over Envoy's UNIX socket. */
export function adminGet(socketPath: string, path: string): Promise<AdminAnswer> {
  return ask('GET', socketPath, path);
}

/** Have Envoy do something. Rejects unless it does. */
export async function adminPost(socketPath: string, path: string): Promise<void> {
  const { status, body } = await ask('POST', socketPath, path);
  if (status !== 200) throw new Error(`Envoy answers ${status} to ${path}: ${body.slice(0, 200)}`);
}

function ask(method: string, socketPath: string, path: string): Promise<AdminAnswer> {
  return new Promise((done, fail) => {
    const call = request({ method, socketPath, path, agent: false, timeout: PATIENCE }, (response) => {
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

/** Requests and connections under way at the listeners whose metrics begin with `http.<prefix>.`. */
export async function activity(
  socketPath: string,
  prefix: string,
): Promise<{ readonly requests: number; readonly connections: number }> {
  const filter = encodeURIComponent(`^http\\.${prefix}\\.downstream_(rq|cx)_active$`);
  const { body } = await adminGet(socketPath, `/stats?filter=${filter}`);
  const value = (name: string) =>
    Number(new RegExp(`downstream_${name}_active: (\\d+)`).exec(body)?.[1] ?? 0);
  return { requests: value('rq'), connections: value('cx') };
}
