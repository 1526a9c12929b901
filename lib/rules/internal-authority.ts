import { excerpt } from '../diagnostic.js';
import { authorityOf } from '../plan/names.js';
import { type Check, finding } from './support/check.js';

/** Characters of a DNS name as it is written (RFC 1035 section 2.3.4). */
const MAX_DNS_NAME = 253;

/** An inner service whose derived host name is too long for DNS. */
export const internalAuthority: Check = {
  id: 'internal-authority',
  severity: 'error',
  optOut: false,
  run: ({ model }) =>
    Object.keys(model.services)
      .filter((name) => authorityOf(model, name).length > MAX_DNS_NAME)
      .map((name) =>
        finding(['services', name], 'the host name derived for it is too long', {
          found: excerpt(authorityOf(model, name)),
          expected: `at most ${MAX_DNS_NAME} characters`,
          remedy: 'shorten `trustDomain` or the name',
        }),
      ),
};
