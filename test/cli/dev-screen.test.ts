import { execFileSync } from 'node:child_process';
import { DevScreen, tryCommands } from '../../cli/dev-screen.js';
import type { PlatformEvent } from '../../local/events.js';
import type { ReadyFile, ReadyTokens } from '../../local/ready-file.js';
import { tooWide } from './built.js';

const CA = '/tmp/a folder/secrets/edge.pem';
const tokens = (who: string): ReadyTokens => ({
  url: 'https://login.acme.example:9443/token',
  client_id: 'ztp.development',
  grants: ['urn:zero-trust-platform:development'],
  audiences: { notes: 'https://notes.acme.example' },
  example: `curl -sS --cacert '${CA}' --resolve login.acme.example:9443:127.0.0.3 https://login.acme.example:9443/token -d ${who} -d service=notes`,
});
const ready = (byIssuer: Readonly<Record<string, ReadyTokens>>, services: object = {}) =>
  ({
    gateway: {
      url: 'https://127.0.0.2:8443',
      ca: CA,
      hosts: { notes: 'notes.acme.example', web: 'www.acme.example' },
    },
    tokens: byIssuer,
    services,
  }) as unknown as ReadyFile;

/** The arguments that a shell gives `curl`, call by call, where every answer is a token. */
function pasted(commands: readonly string[]): string[][] {
  const curl = `curl() { printf '%s|' "$@" >&2; echo >&2; echo '{"access_token":"a.b-_.c","token_type":"Bearer"}'; }`;
  const browser = `${curl.replace('curl()', 'chromium()')}\nmktemp() { echo /a/profile; }`;
  const script = `exec 2>&1 >/dev/null; ${curl}\n${browser}\n${commands.join('\n')}`;
  const output = execFileSync('bash', ['-c', script], { encoding: 'utf8' });
  return output
    .trim()
    .split('\n')
    .map((line) => line.split('|').slice(0, -1));
}

test('what anyone may do comes first, then a token of each issuer', () => {
  const commands = tryCommands(ready({ people: tokens('username=ada') }), {
    service: 'web',
    path: '/assets',
  });
  expect(tooWide(commands.join('\n'))).toEqual([]);
  expect(pasted(commands)).toEqual([
    ['--cacert', CA, '--resolve', 'www.acme.example:8443:127.0.0.2', 'https://www.acme.example:8443/assets'],
    [
      '-sS',
      '--cacert',
      CA,
      '--resolve',
      'login.acme.example:9443:127.0.0.3',
      'https://login.acme.example:9443/token',
      '-d',
      'username=ada',
      '-d',
      'service=notes',
    ],
  ]);
});

test('what only a user may do carries the token that was fetched for it', () => {
  const caller = { issuer: 'people', user: 'ada' };
  const commands = tryCommands(ready({ people: tokens('username=ada') }), {
    service: 'notes',
    path: '/notes/1',
    caller,
  });
  expect(tooWide(commands.join('\n'))).toEqual([]);
  const [token, request, ...more] = pasted(commands);
  expect(more).toEqual([]);
  expect(token).toContain('username=ada');
  expect(request).toEqual(
    expect.arrayContaining(['authorization: Bearer a.b-_.c', 'https://notes.acme.example:8443/notes/1']),
  );
});

test('a command that nobody could complete is not shown', () => {
  expect(tryCommands(ready({ people: tokens('username=NAME') }), undefined)).toEqual([]);
});

test('a browser finds the hosts of a sign-in, and no others', () => {
  const signIn = {
    'desk.a-long-name-of-an-organisation.example': '127.100.100.100:8443',
    'login.a-long-name-of-an-organisation.example': '127.100.100.101:8443',
  };
  const desk = { authority: 'desk.a-long-name-of-an-organisation.example', signIn };
  const commands = tryCommands(ready({}, { desk, web: { authority: 'www.acme.example' } }), undefined);
  expect(commands).toHaveLength(1);
  expect(tooWide(commands.join('\n'))).toEqual([]);
  const [[profile, , rules, address] = []] = pasted(commands);
  expect(profile).toBe('--user-data-dir=/a/profile');
  expect(rules?.replace(/ +/g, ' ')).toBe(
    '--host-resolver-rules=MAP desk.a-long-name-of-an-organisation.example 127.100.100.100:8443, ' +
      'MAP login.a-long-name-of-an-organisation.example 127.100.100.101:8443, MAP * ~NOTFOUND',
  );
  expect(address).toBe('https://desk.a-long-name-of-an-organisation.example/');
});

describe('a part that ends', () => {
  const shown = (events: readonly PlatformEvent[]) => {
    const lines: string[] = [];
    const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      lines.push(String(text));
      return true;
    });
    const screen = new DevScreen('text');
    for (const event of events) screen.show(event);
    write.mockRestore();
    return lines.join('');
  };
  const output = (part: string, line: string): PlatformEvent => ({ kind: 'output', part, line });
  const exit = { code: 1, signal: null, tail: ['Error: boom', 'at web.js:1'] };
  const crashed: PlatformEvent = { kind: 'crashed', part: 'web', exit, next: 'it stays down' };
  const said = exit.tail.map((line) => output('web', line));

  test('has its last lines repeated only where they are not right above', () => {
    expect(shown([...said, crashed]).match(/boom/g)).toHaveLength(1);
    expect(shown([...said, output('orders', 'hello'), crashed]).match(/boom/g)).toHaveLength(2);
    expect(shown([crashed]).match(/boom/g)).toHaveLength(1);
  });

  test('is told in words where it speaks to machines, its findings line by line', () => {
    const diagnostics = [
      { code: 'wrong-type', severity: 'error', path: 'users.ada', message: 'no', remedy: 'mend it' },
    ];
    const line = JSON.stringify({
      event: 'users-rejected',
      time: 'now',
      code: 'invalid-users',
      message: 'x',
      diagnostics,
    });
    expect(shown([output('identity', '{"event":"ready","pid":1}'), output('identity', line)])).toMatch(
      /^\S*\[identity\]\S* users-rejected:\nerror wrong-type at users\.ada: no\n {2}do: +mend it\n$/,
    );
  });
});
