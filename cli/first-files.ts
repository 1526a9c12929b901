/** What `ztp init` writes: two services, one provider, and a rule of each important kind. */
export const FIRST_FILES: Readonly<Record<string, { readonly what: string; readonly text: string }>> = {
  'model.ts': {
    what: 'who may call what',
    text: `import { allow, anyone, claim, defineZeroTrust, deny, http, mfa, oidc, user, workload } from 'zero-trust-platform';

export default defineZeroTrust({
  // Your organisation's DNS name, and which of its environments this is.
  trustDomain: 'acme.example',
  environment: 'dev',

  identity: {
    providers: {
      // Whoever signs your people in. \`ztp dev\` stands in for it, with the people of users.yaml.
      people: oidc({
        issuer: 'https://login.acme.example',
        jwksUri: 'https://login.acme.example/jwks',
      }),
    },
  },

  services: {
    // With a host, users reach it through the gateway; without, only other services do.
    web: http({ host: 'www.acme.example' }),
    notes: http({ host: 'notes.acme.example' }),
  },

  // Nobody may do anything but what is here.
  access: [
    allow(anyone()).to('web', 'GET /', 'GET /assets/**'),
    allow(user({ groups: ['staff'] })).to('notes', 'GET /notes', 'GET /notes/{id}', 'POST /notes'),
    allow(user({ groups: ['staff'] })).to('notes', 'DELETE /notes/{id}').when(mfa()),
    allow(workload('web')).to('notes', 'GET /notes/{id}'),
    deny(anyone()).to('notes', 'POST /notes').unless(claim('department').presentAndNot('guests')),
  ],
});
`,
  },
  'dev.yaml': {
    what: 'what only the local run needs',
    text: `# How \`ztp dev\` starts each service. One that is not here is a built-in echo, which answers with
# what it received. A command serves at HOST and PORT, and calls others at ZTP_<SERVICE>_URL.
services: {}
#  notes:
#    run: node notes.js
`,
  },
  'users.yaml': {
    what: 'who can sign in to the local run',
    text: `users:
  ada:
    groups: [staff]
    mfa: true
    claims: { department: engineering }
  ben:
    groups: [staff]
    mfa: false
    claims: { department: guests }
`,
  },
};
