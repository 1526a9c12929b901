import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const script = join(__dirname, '..', '..', '..', '..', 'examples', 'aws-cdk', 'verify');
const folder = mkdtempSync(join(tmpdir(), 'verify-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const settings = {
  URL: 'https://orders.shop.example',
  TOKEN: 'header.payload.signature-of-some-length',
  ALLOWED: '/orders/1',
  API_ID: 'a1b2c3d4e5',
  STAGE: 'live',
  AUTHORIZER_LOG: 'authorizer',
  GATEWAY_LOG: 'gateway',
  ACCESS_LOG: 'access',
  FIREWALL_LOG: 'firewall',
  OTHER_HOST: 'reports.shop.example',
  EXECUTE_URL: 'https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/live',
  LOG_DELAY: '0',
};

/** A program of this name that answers every call with one text. */
function program(name: string, text: string): void {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\ncat <<'END'\n${text}\nEND\n`);
  chmodSync(file, 0o755);
}

function verify(env: Readonly<Record<string, string>>) {
  const { status, stdout, stderr } = spawnSync('bash', [script], {
    env: { PATH: `${folder}:${process.env['PATH']}`, ...env },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

beforeAll(() => program('jq', 'true'));

test('it says what it needs, and sends nothing', () => {
  program('curl', '200');
  program('aws', '[]');
  const { status, stdout, stderr } = verify({});
  expect(status).toBe(2);
  expect(stdout).toBe('');
  for (const name of ['URL', 'TOKEN', 'ALLOWED', 'GATEWAY_LOG']) expect(stderr).toContain(`missing: ${name}`);
});

test('an edge that lets everything pass is found out, line by line', () => {
  program('curl', '200');
  program('aws', '[]');
  const { status, stdout } = verify(settings);
  expect(status).toBe(1);
  for (const what of [
    'no token: 401',
    '/orders//1',
    '/orders%2F1',
    '/orders/%31',
    'the endpoint of API Gateway is closed',
    'TLS 1.1 is refused',
    'SQL in a query is blocked',
    'the host of another service does not lead there',
  ]) {
    expect(stdout).toContain(`BROKEN  ${what}`);
  }
  expect(stdout).toContain('holds   a valid token passes');
});

test('an edge that refuses everything is found out too', () => {
  program('curl', '403');
  const { status, stdout } = verify(settings);
  expect(status).toBe(1);
  expect(stdout).toContain('BROKEN  a valid token passes');
  expect(stdout).toContain('holds   /orders//1');
});

test('with the names for it, the certificates of stage, gateway and workloads are looked at too', () => {
  program('curl', '200');
  program('aws', '["{}"]');
  program('jq', 'true');
  program('openssl', 'c0ffee *stdin');
  const more = {
    GATEWAY_TASK: 'gateway:1',
    REGISTRATION: 'arn:aws:lambda:eu-west-1:111122223333:function:registration:live',
    REGISTRATION_LOG: 'registration',
  };
  const { stdout } = verify({ ...settings, ...more });
  // The task definition of this AWS has no such hash.
  expect(stdout).toContain('BROKEN  the gateway pins the certificate that the stage shows');
  expect(stdout).toContain('holds   workloads have certificates');
  expect(stdout).toContain('holds   who proves nothing gets no certificate');
  expect(verify(settings).stdout).not.toContain('certificates of workloads');
});
