import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { canonicalPatterns } from '../../lib/policy/index.js';
import { findEnvoy } from '../../local/envoy-binary.js';
import { dockerLaunch } from '../../local/envoy-docker.js';

const directory = mkdtempSync(join(tmpdir(), 'ztp-canonical-'));

afterAll(() => {
  rmSync(directory, { recursive: true });
});

/** What the real Envoy says when it is to load an expression: nothing, or why not. */
async function refusal(regex: string): Promise<string> {
  const file = join(directory, 'envoy.json');
  writeFileSync(file, JSON.stringify(bootstrap(regex)));
  const args = ['--mode', 'validate', '-c', file];
  const envoy = await findEnvoy();
  const launch = envoy.docker
    ? dockerLaunch(envoy.docker, directory, args)
    : { command: envoy.path, args, cleanUp: undefined };
  try {
    await promisify(execFile)(launch.command, [...launch.args]);
    return '';
  } catch (error) {
    return error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
  } finally {
    await launch.cleanUp?.();
  }
}

/** The smallest configuration with one expression in an RBAC filter. */
function bootstrap(regex: string): object {
  const filters = 'type.googleapis.com/envoy.extensions.filters';
  const policy = {
    principals: [{ any: true }],
    permissions: [{ url_path: { path: { safe_regex: { regex } } } }],
  };
  const manager = {
    '@type': `${filters}.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: 'inbound',
    route_config: { name: 'none' },
    http_filters: [
      {
        name: 'rbac',
        typed_config: {
          '@type': `${filters}.http.rbac.v3.RBAC`,
          rules: { action: 'DENY', policies: { policy } },
        },
      },
      { name: 'router', typed_config: { '@type': `${filters}.http.router.v3.Router` } },
    ],
  };
  return {
    static_resources: {
      listeners: [
        {
          name: 'inbound',
          address: { socket_address: { address: '127.0.0.1', port_value: 0 } },
          filter_chains: [{ filters: [{ name: 'http', typed_config: manager }] }],
        },
      ],
    },
  };
}

test.each(Object.keys(canonicalPatterns) as (keyof typeof canonicalPatterns)[])(
  'Envoy loads the expression for %s: its RE2 program is no larger than 100',
  async (part) => {
    expect(await refusal(canonicalPatterns[part])).toBe('');
  },
);

test('Envoy would refuse a larger one', async () => {
  expect(await refusal(`${canonicalPatterns.target}${canonicalPatterns.target}`)).toMatch(/program size/);
});
