import { reasonInWords } from '../../cli/decision-reason.js';

const none = 'rbac_access_denied_matched_policy[none]';

test.each([
  [{ decision: 'allow', rule: 'read' }, 'admitted by read'],
  [{ decision: 'refuse', rule: 'no-guests', status: 403, reason: none }, 'refused by no-guests'],
  [{ decision: 'refuse', status: 403, reason: none }, 'no rule admits it'],
  [{ decision: 'refuse', status: 401, reason: none }, 'needs a token'],
  [{ decision: 'refuse', status: 401, reason: none, issuer: 'people' }, 'needs a stronger sign-in'],
  [
    { decision: 'refuse', status: 401, reason: 'rbac_access_denied_matched_policy[!token-audience]' },
    'bad token: audience',
  ],
  [
    { decision: 'refuse', status: 401, reason: 'jwt_authn_access_denied{Jwt_is_expired}' },
    'bad token: expired',
  ],
  [
    { decision: 'refuse', status: 400, reason: 'rbac_access_denied_matched_policy[!noncanonical]' },
    'not canonical',
  ],
  [{ decision: 'refuse', status: 400, reason: 'absolute_path_rejected' }, 'not canonical'],
  [{ decision: 'preflight', status: 200, reason: 'cors_response' }, 'answered at the gateway'],
  [{ decision: 'refuse', status: 413, reason: 'request_payload_too_large' }, 'request_payload_too_large'],
])('%j', (line, words) => {
  expect(reasonInWords(line)).toBe(words);
});

test('what the reference decision expects says more than the line of a gRPC call', () => {
  expect(reasonInWords({ decision: 'refuse', status: 200, reason: none }, 'tokenRequired')).toBe(
    'needs a token',
  );
});
