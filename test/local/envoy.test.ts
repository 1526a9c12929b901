import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findEnvoy } from '../../local/envoy-binary.js';
import { Envoy, type EnvoyConfiguration } from '../../local/envoy.js';
import type { PlatformEvent } from '../../local/events.js';
import { StateFolder } from '../../local/files.js';
import { Addresses } from '../../local/addresses.js';
import { Guardian } from '../../local/guardian.js';
import { Http1Connection, requestBytes } from '../engines/support/http1.js';
import { temporaryFolder } from './temporary.js';

/** The smallest Envoy with a watched table of routes: it answers by itself. */
async function minimal() {
  const state = StateFolder.open(temporaryFolder());
  const folder = state.folder('point');
  const routesPath = join(state.folder('point', 'routes'), 'routes.json');
  const addresses = new Addresses('dev.envoy.test');
  const address = await addresses.address('point');
  const port = await addresses.port(address, 8080);
  const adminSocket = state.socket('point');
  const guardian = new Guardian();
  const events: PlatformEvent[] = [];
  const options = {
    point: 'point',
    binary: await findEnvoy(),
    state: state.path,
    folder,
    adminSocket,
    routesPath,
    guardian,
    onEvent: (event: PlatformEvent) => events.push(event),
  };
  const bootstrap = JSON.stringify({
    node: { id: 'point', cluster: 'test' },
    admin: { address: { pipe: { path: adminSocket, mode: 384 } } },
    static_resources: {
      listeners: [
        {
          address: { socket_address: { address, port_value: port } },
          filter_chains: [
            {
              filters: [
                {
                  name: 'http',
                  typed_config: {
                    '@type': `${EXTENSIONS}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
                    stat_prefix: 'inbound',
                    rds: {
                      route_config_name: 'inbound',
                      config_source: {
                        resource_api_version: 'V3',
                        path_config_source: {
                          path: routesPath,
                          watched_directory: { path: join(folder, 'routes') },
                        },
                      },
                    },
                    http_filters: [
                      {
                        name: 'router',
                        typed_config: { '@type': `${EXTENSIONS}.filters.http.router.v3.Router` },
                      },
                    ],
                  },
                },
              ],
            },
          ],
        },
      ],
    },
  });
  const close = async (envoy: Envoy) => {
    await envoy.stop();
    await addresses.close();
    await guardian.close();
  };
  return { options, bootstrap, routesPath, target: { address, port }, events, close };
}

const EXTENSIONS = 'type.googleapis.com/envoy.extensions';

function routes(version: string, status: number, more: object = {}): string {
  return JSON.stringify({
    version_info: version,
    resources: [
      {
        '@type': 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration',
        name: 'inbound',
        virtual_hosts: [
          {
            name: 'all',
            domains: ['*'],
            routes: [{ match: { prefix: '/' }, direct_response: { status }, ...more }],
          },
        ],
      },
    ],
  });
}

test('new routes are in force when applyRoutes returns; what Envoy refuses changes neither it nor the file', async () => {
  const { options, bootstrap, routesPath, target, close } = await minimal();
  const envoy = new Envoy(options, { bootstrap, routes: routes('one', 201) });
  try {
    await envoy.start();
    const connection = await Http1Connection.open(target);
    const ask = async () => (await connection.send(requestBytes('GET', '/', 'any'))).status;
    expect(await ask()).toBe(201);
    await envoy.applyRoutes(routes('two', 202));
    expect(await ask()).toBe(202);

    for (const bad of [routes('three', 203, { colour: 'red' }), routes('four', 999)]) {
      await expect(envoy.applyRoutes(bad)).rejects.toMatchObject({ code: 'routes-refused' });
      expect(readFileSync(routesPath, 'utf8')).toBe(routes('two', 202));
      expect(await ask()).toBe(202);
    }
    await envoy.applyRoutes(routes('five', 205));
    expect(await ask()).toBe(205);
    connection.close();
  } finally {
    await close(envoy);
  }
});

test('an Envoy that keeps ending is restarted a few times and then left alone', async () => {
  const { options, bootstrap, target, events, close } = await minimal();
  const configuration: EnvoyConfiguration = { bootstrap, routes: routes('one', 200) };
  const envoy = new Envoy(options, configuration);
  try {
    await envoy.start();
    const seen = new Set<number>();
    // Each start is met by a kill; only its own backoff decides how long that goes on.
    while (!envoy.down) {
      const { pid } = envoy;
      if (pid !== undefined && !seen.has(pid)) {
        seen.add(pid);
        process.kill(pid, 'SIGKILL');
      }
      await new Promise((done) => setTimeout(done, 5));
    }
    expect(seen.size).toBe(5);
    expect(events.filter(({ kind }) => kind === 'crashed')).toHaveLength(5);
    expect(events.findLast(({ kind }) => kind === 'crashed')).toMatchObject({
      next: expect.stringContaining('stays down'),
    });
    await envoy.restart(configuration);
    expect(envoy.down).toBeUndefined();
    const connection = await Http1Connection.open(target);
    expect((await connection.send(requestBytes('GET', '/', 'any'))).status).toBe(200);
    connection.close();
  } finally {
    await close(envoy);
  }
});

test('a bootstrap is judged without being run', async () => {
  const { options, bootstrap, close } = await minimal();
  const envoy = new Envoy(options, { bootstrap, routes: routes('one', 200) });
  try {
    await envoy.validate({ bootstrap, routes: routes('one', 200) });
    const broken = bootstrap.replace('"stat_prefix":"inbound",', '"stat_prefix":"inbound","colour":"red",');
    await expect(envoy.validate({ bootstrap: broken, routes: '' })).rejects.toMatchObject({
      code: 'envoy-refused',
      message: expect.stringContaining('colour'),
    });
  } finally {
    await close(envoy);
  }
});
