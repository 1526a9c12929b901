import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { allow, anyone, deny, http, mfa, oidc, resolve, user, type ZeroTrustModel } from '../../lib/index.js';
import { type People, peopleOf, sampleRequest } from '../../local/sample-request.js';
import { temporaryFolder } from '../local/temporary.js';

let people: People;
beforeEach(() => {
  people = peopleOf(
    file('ben: { groups: [guests] }, ada: { groups: [staff], mfa: true }, eve: { issuers: [partners] }'),
  );
});

function file(users: string): string {
  const path = join(temporaryFolder(), 'users.yaml');
  writeFileSync(path, `users: { ${users} }\n`);
  return path;
}

function planOf(...access: NonNullable<ZeroTrustModel['access']>) {
  const at = (host: string) => oidc({ issuer: `https://${host}`, jwksUri: `https://${host}/jwks` });
  return resolve({
    trustDomain: 'acme.example',
    environment: 'dev',
    identity: { providers: { people: at('login.acme.example'), partners: at('id.partner.example') } },
    services: {
      notes: http({ host: 'notes.acme.example' }),
      web: http({ host: 'www.acme.example' }),
      inner: http(),
    },
    access,
  });
}
const staff = user({ issuer: 'people', groups: ['staff'] });

test('what anyone may get is preferred, and parameters are filled in', () => {
  const plan = planOf(
    allow(staff).to('notes', 'GET /notes'),
    allow(anyone()).to('web', 'POST /', 'GET /a/{id}/**'),
  );
  expect(sampleRequest(plan, people)).toEqual({ service: 'web', path: '/a/1' });
});

test('what a rule allows and another refuses is not it', () => {
  const plan = planOf(
    allow(anyone()).to('web', 'GET /**'),
    deny(anyone()).to('web', 'GET /'),
    allow(anyone()).to('web', 'GET /b'),
  );
  expect(sampleRequest(plan, people)).toEqual({ service: 'web', path: '/b' });
});

test('else it is one of a person whom a rule admits', () => {
  const plan = planOf(allow(staff).to('notes', 'GET /notes').when(mfa()));
  const caller = { issuer: 'people', user: 'ada' };
  expect(sampleRequest(plan, people)).toEqual({ service: 'notes', path: '/notes', caller });
});

test('and none if nobody there is may do anything', () => {
  const plan = planOf(allow(user({ issuer: 'people', groups: ['finance'] })).to('notes', 'GET /notes'));
  expect(sampleRequest(plan, people)).toBeUndefined();
  expect(sampleRequest(planOf(allow(staff).to('notes', 'GET /')), peopleOf(undefined))).toBeUndefined();
});

test('a file of people that is not valid is one with nobody', () => {
  expect(peopleOf(file('ada: 1'))('people')).toEqual([]);
});
