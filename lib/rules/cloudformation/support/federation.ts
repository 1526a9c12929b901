import { type PropertyPath, type TemplateFinding, undecided, violation } from './check.js';
import { heldTo, pinned } from './claims.js';
import { type Statement, testsOf } from './policy.js';
import { isMap, listOf, words } from './read.js';
import { Text, type Value } from './value.js';

/** "Available keys for SAML-based federation", IAM: those that tell who signed in, not where; or a tag that the provider gave. */
const SAML_SUBJECT = /^(?:saml:(?!aud$|iss$|doc$|sub_type$|namequalifier$).+|aws:RequestTag\/.+)$/i;
/** IAM Roles Anywhere makes tags of the certificate's subject, and its common name the source identity. */
const CERTIFICATE_SUBJECT = /^(?:aws:PrincipalTag\/x509(?:Subject|SAN)\/.+|sts:SourceIdentity)$/i;
const SAML_EXPECTED = 'StringEquals on SAML:aud and on SAML:sub or another attribute of the user';

/** The provider says in each assertion who may have which role, so without a subject it is the provider's choice. */
export function samlTrust(path: PropertyPath, statement: Statement): TemplateFinding[] {
  const { principal, condition } = statement;
  if (!(isMap(principal) && listOf(principal['Federated']).some(isSaml))) return [];
  const tests = testsOf(condition);
  if (!tests) return [undecided([...path, 'Condition'], condition as Value, SAML_EXPECTED)];
  const audience = pinned(path, 'aud', tests);
  const subject = heldTo(SAML_SUBJECT, tests);
  if (audience.length > 0 || subject === true) return audience;
  const message = 'who may take this role hangs on the roles that the provider names in its assertions';
  return [{ ...undecided([...path, 'Condition', 'sub'], undefined, SAML_EXPECTED), message }];
}

/** IAM Roles Anywhere lets in whoever has a certificate below a trust anchor. */
export function certificateTrust(path: PropertyPath, statement: Statement): TemplateFinding[] {
  const { principal, condition } = statement;
  const services = isMap(principal) ? listOf(principal['Service']) : [];
  if (!services.includes('rolesanywhere.amazonaws.com')) return [];
  const tests = testsOf(condition);
  const subject = tests && heldTo(CERTIFICATE_SUBJECT, tests);
  if (subject === true) return [];
  const place = [...path, 'Condition'];
  const expected = 'StringEquals on aws:PrincipalTag/x509Subject/CN or x509SAN';
  if (subject === undefined) return [undecided(place, condition as Value, expected)];
  const found = tests?.map(({ key }) => key).join(', ') || 'no condition';
  return [violation(place, 'every certificate below the trust anchor comes in', { found, expected })];
}

export function isSaml(provider: Value): boolean {
  if (provider instanceof Text) {
    const [start] = provider.parts;
    const named = typeof start === 'object' && start.kind === 'reference' ? start.resource.type : '';
    return named === 'AWS::IAM::SAMLProvider' || /:saml-provider\//.test(words(provider));
  }
  return /:saml-provider\//.test(words(provider));
}
