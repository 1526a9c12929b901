import { type Diagnostic, oidc } from '../../lib/index.js';
import { parseModel } from '../../lib/model/parse.js';

const model = {
  trustDomain: 'acme.example',
  environment: 'dev',
  services: { web: { protocol: 'http', host: 'www.acme.example' } },
};

/** The first finding: an unknown key. */
function unknown(more: object): Pick<Diagnostic, 'path' | 'expected' | 'remedy'> {
  const [finding] = parseModel({ ...model, ...more }).diagnostics;
  expect(finding?.code).toBe('unknown-key');
  const { path = '', expected, remedy } = finding ?? {};
  return { path, ...(expected !== undefined && { expected }), ...(remedy !== undefined && { remedy }) };
}

test.each([
  [
    { firewall: { waf: true } },
    'firewall.waf',
    'maxConnections, maxBodyBytes, requestTimeoutSeconds',
    'remove `waf`',
  ],
  [
    { firewall: { maxBodyByte: 1 } },
    'firewall.maxBodyByte',
    'maxConnections, maxBodyBytes, requestTimeoutSeconds',
    'did you mean "maxBodyBytes"?',
  ],
  [
    {
      access: [
        {
          effect: 'allow',
          principals: [{ kind: 'anyone', groups: ['a'] }],
          service: 'web',
          operations: ['GET /'],
        },
      ],
    },
    'access[0].principals[0].groups',
    'kind',
    'remove `groups`',
  ],
])('%j', (more, path, expected, remedy) => {
  expect(unknown(more)).toEqual({ path, expected, remedy });
});

test('a key of a service, of a provider and of a rule', () => {
  expect(unknown({ services: { web: { protocol: 'http', hosts: 'x' } } })).toMatchObject({
    path: 'services.web.hosts',
    expected: expect.stringMatching(/^protocol, .*\bhost\b/) as string,
    remedy: 'did you mean "host"?',
  });
  const provider = oidc({ issuer: 'https://login.acme.example', jwksUri: 'https://login.acme.example/jwks' });
  expect(
    unknown({ identity: { providers: { people: { ...provider, scopes: 'scope' } } } }).expected,
  ).toContain('jwksUri');
  const rule = { principals: [{ kind: 'anyone' }], service: 'web', operations: ['GET /'] };
  expect(unknown({ access: [{ effect: 'deny', ...rule, priority: 1 }] }).expected).toMatch(
    /\bunless\b(?!.*\bwhen\b)/,
  );
});
