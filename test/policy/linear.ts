import {
  type AccessRule,
  type ClaimTest,
  type Credential,
  type Json,
  nonCanonicalPart,
  type Outcome,
  type Policy,
  type PolicyCondition,
  type Request,
  type Revocation,
} from '../../lib/policy/index.js';

/**
 * The rules read one after another, a regular expression for each template: what `docs/policy.md`
 * says, as plainly as it can be written, to compare the real thing with. Tokens are good as they
 * come, and every issuer shows factors by `amr`, the sign-in by `auth_time`, the device by `device.compliant`.
 */
export function decideLinearly(
  policy: Policy,
  entries: readonly Revocation[],
  request: Request,
): { outcome: Outcome; rule?: string } {
  const { point, peer, credential, now } = request;
  if (nonCanonicalPart(request.method, request.authority, request.path, request.headers))
    return { outcome: 'nonCanonical' };
  const token = credential.kind === 'jwt' ? credential : undefined;
  const viaGateway = point.kind === 'gateway' || policy.gateways.some((gateway) => gateway === peer);
  const jkt = token && at(token.claims, ['cnf', 'jkt']);
  const key = typeof jkt === 'string' && jkt !== '' ? jkt : undefined;
  const isProof = token?.scheme === 'DPoP';
  const isProven = point.kind === 'gateway' ? request.provenKey === key : viaGateway;
  if (isProof ? !policy.dpop || key === undefined || !isProven : policy.dpop && key !== undefined)
    return { outcome: 'invalidToken' };

  const host = request.authority.toLowerCase().split(':')[0];
  const found = Object.entries(policy.services).find(([, { authority }]) => authority === host);
  if (!found) return { outcome: 'forbidden' };
  const [name, service] = found;
  if (point.kind === 'gateway' ? !service.public : point.service !== name) return { outcome: 'forbidden' };

  const issuer =
    token && Object.keys(policy.issuers).find((one) => policy.issuers[one]!.issuer === token.claims['iss']);
  const live = entries.filter(({ until }) => now < until);
  const revoked = live.some(
    (entry) =>
      token &&
      ((entry.kind === 'subject' && entry.issuer === issuer && entry.value === token.claims['sub']) ||
        (entry.kind === 'token' && entry.issuer === issuer && entry.value === token.claims['jti'])),
  );
  if (revoked) return { outcome: 'invalidToken' };

  const is = (id: string) => point.kind === 'sidecar' && peer === id;
  const has = (test: ClaimTest) => token !== undefined && passesLinearly(token, test);
  const carries = (one: { issuer: string; claims: readonly ClaimTest[] }) =>
    issuer === one.issuer && one.claims.every(has);
  const holds = (condition: PolicyCondition): boolean => {
    switch (condition.kind) {
      case 'multiFactor':
        return has({ claim: ['amr'], test: 'contains', value: 'mfa' });
      case 'compliantDevice':
        return has({ claim: ['device', 'compliant'], test: 'equals', value: true });
      case 'signedInWithin': {
        const time = token?.claims['auth_time'];
        return typeof time === 'number' && now - time <= condition.seconds && time - now <= 30;
      }
      case 'claim':
        return has(condition.test);
      case 'senderConstrained': {
        const thumbprint = token && at(token.claims, ['cnf', 'x5t#S256']);
        if (typeof thumbprint !== 'string' || !viaGateway) return false;
        return point.kind === 'sidecar' || thumbprint === request.certificateThumbprint;
      }
      case 'dpop':
        return key !== undefined;
      case 'sourceNetwork':
        return (point.kind === 'sidecar' && viaGateway) || request.sourceAddress.startsWith('10.');
    }
  };
  const admits = (rule: AccessRule, judge: typeof holds) =>
    rule.conditions.every(judge) &&
    rule.principals.some((one) => {
      if (one.kind === 'workload') return is(one.spiffeId) && (!one.forUser || carries(one.forUser));
      return viaGateway && (one.kind === 'anyone' || carries(one));
    });
  const refuses = (rule: AccessRule, judge: typeof holds) =>
    (rule.conditions.length === 0 || rule.conditions.some((condition) => !judge(condition))) &&
    rule.principals.some((one) => {
      if (one.kind === 'workload') return is(one.spiffeId);
      return one.kind === 'anyone' || carries(one);
    });

  const path = request.path.split('?')[0]!;
  const rules = service.rules
    .filter((rule) => rule.auditUntil === undefined || now >= rule.auditUntil)
    .filter(({ effect, until }) => effect === 'deny' || until === undefined || now < until)
    .filter(
      (rule) =>
        !(rule.effect === 'allow' && live.some((entry) => entry.kind === 'rule' && entry.rule === rule.id)),
    )
    .filter((rule) =>
      rule.operations.some((operation) => template(operation).test(`${request.method} ${path}`)),
    )
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const allows = rules.filter(({ effect }) => effect === 'allow');
  const denies = rules.filter(({ effect }) => effect === 'deny');
  const passes = (judge: typeof holds) =>
    allows.some((rule) => admits(rule, judge)) && !denies.some((rule) => refuses(rule, judge));

  const closed = live.some((entry) => entry.kind === 'service' && entry.service === name);
  if (!closed && passes(holds))
    return { outcome: 'allow', rule: allows.find((rule) => admits(rule, holds))!.id };
  const denied = closed ? undefined : denies.find((rule) => refuses(rule, holds))?.id;
  const because = denied === undefined ? {} : { rule: denied };
  if (token) {
    const strong = passes((one) => one.kind === 'multiFactor' || one.kind === 'signedInWithin' || holds(one));
    return { outcome: strong && !closed ? 'stepUp' : 'forbidden', ...because };
  }
  const useful = allows.some((rule) =>
    rule.principals.some((one) =>
      one.kind === 'workload' ? is(one.spiffeId) && one.forUser : viaGateway && one.kind === 'token',
    ),
  );
  return { outcome: useful ? 'tokenRequired' : 'forbidden', ...because };
}

/** `GET /a/{x}/**` as an expression over `GET /a/1/2`. */
function template(operation: string): RegExp {
  const text = operation.startsWith('rpc ') ? `POST /${operation.slice('rpc '.length)}` : operation;
  const source = text
    .replace(/[.]/g, '\\.')
    .replace(/\/\*\*$/, '(/[^/]+)*')
    .replace(/\{[^/]*\}/g, '[^/]+');
  return new RegExp(text.endsWith(' /**') ? `^${source.replace('(/[^/]+)*', '/.*')}$` : `^${source}$`);
}

function at(claims: Json, path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>(
    (value, name) => (value as { readonly [name: string]: Json } | null | undefined)?.[name],
    claims,
  );
}

function passesLinearly(
  token: Extract<Credential, { kind: 'jwt' }>,
  { claim, test, value }: ClaimTest,
): boolean {
  const found = at(token.claims, claim);
  if (test === 'equals') return found === value;
  const list = [found].flat().flatMap((item) => (typeof item === 'string' && item !== '' ? [item] : []));
  return test === 'contains' ? list.includes(value) : list.length > 0 && !list.includes(value);
}
