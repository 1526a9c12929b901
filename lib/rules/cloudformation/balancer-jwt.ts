import {
  type PropertyPath,
  type TemplateCheck,
  type TemplateFinding,
  undecided,
  violation,
} from './support/check.js';
import { at, listOf, mapsOf, openIn, shown, text, words } from './support/read.js';
import type { Value } from './support/value.js';

/** "Verify JWTs using an Application Load Balancer", Elastic Load Balancing. */
const CLAIMS = 10;
const VALUES = 10;
const EXPECTED = 'an additional claim `aud` or `client_id` with its values';

export const balancerJwt: TemplateCheck = {
  id: 'balancer-jwt',
  severity: 'error',
  reason:
    'A load balancer checks signature, issuer and time of a token, not for whom it was issued: any token of the issuer passes unless `aud` or `client_id` is asked for.',
  fix: 'Add the claim to `AdditionalClaims`, fetch keys by https, and let the service verify the token too.',
  types: ['AWS::ElasticLoadBalancingV2::Listener', 'AWS::ElasticLoadBalancingV2::ListenerRule'],
  run(resource, reading) {
    const key = resource.type.endsWith('Rule') ? 'Actions' : 'DefaultActions';
    return listOf(reading.get(resource, key)).flatMap((action, index) => {
      const config = at(action, 'JwtValidationConfig');
      const type = text(at(action, 'Type'));
      if (config === undefined || (typeof type === 'string' && type !== 'jwt-validation')) return [];
      return judge([key, index, 'JwtValidationConfig'], config);
    });
  },
};

function judge(path: PropertyPath, config: Value): TemplateFinding[] {
  const claims = at(config, 'AdditionalClaims');
  const place = [...path, 'AdditionalClaims'];
  const listed = mapsOf(claims);
  const audience = listed.some((claim) => {
    const values = listOf(claim['Values']);
    return /^(aud|client_id)$/.test(words(claim['Name'])) && values.length > 0;
  });
  const found: TemplateFinding[] = [];
  const hole = openIn(claims) && listed.every((claim) => !openIn(claim['Values']));
  if (!audience && hole) found.push(undecided(place, claims, EXPECTED));
  else if (!audience)
    found.push(violation(place, 'a token for anybody passes', { found: shown(claims), expected: EXPECTED }));
  else if (listed.length > CLAIMS || listed.some((claim) => listOf(claim['Values']).length > VALUES)) {
    const expected = `at most ${CLAIMS} claims of ${VALUES} values`;
    found.push(
      violation(place, 'a load balancer takes no more', { found: `${listed.length} claims`, expected }),
    );
  }
  const keys = text(at(config, 'JwksEndpoint'));
  if (typeof keys === 'string' && !/^https:/i.test(keys)) {
    const detail = { found: shown(keys), expected: 'an https URL' };
    found.push(violation([...path, 'JwksEndpoint'], 'keys are fetched without TLS', detail));
  }
  return found;
}
