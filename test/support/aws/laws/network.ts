import { isWide } from '../../../../lib/rules/cloudformation/support/wide-range.js';
import { isRecord, listOf, resourcesOf, type Template } from '../template.js';
import type { Law } from './law.js';

/** Post-quantum or forward-secret policies with TLS 1.2 or 1.3 only; the default of 2016 is none of them. */
const MODERN_LISTENERS = /^ELBSecurityPolicy-TLS13-1-[23]-(?:Res-|Ext0-)?(?:FIPS-)?(?:PQ-)?20/;

interface Rule {
  readonly at: string;
  readonly rule: Record<string, unknown>;
  /** The description of the group, which cannot be changed; absent for a group that the template does not have. */
  readonly group: unknown;
}

function rules(templates: readonly Template[], direction: 'Ingress' | 'Egress'): Rule[] {
  const own = resourcesOf(templates, 'AWS::EC2::SecurityGroup').flatMap(({ at, properties }) =>
    listOf(properties[`SecurityGroup${direction}`])
      .filter(isRecord)
      .map((rule) => ({ at, rule, group: properties['GroupDescription'] })),
  );
  const apart = templates.flatMap((template) =>
    resourcesOf([template], `AWS::EC2::SecurityGroup${direction}`).map(({ at, properties }) => {
      const [, id] = /^\{"(?:Ref|Fn::GetAtt)":\[?"(\w+)"/.exec(JSON.stringify(properties['GroupId'])) ?? [];
      const group = id === undefined ? undefined : template.resources[id]?.Properties?.['GroupDescription'];
      return { at, rule: properties, group };
    }),
  );
  return [...own, ...apart];
}

/** Halves of everything are everywhere too, as the checks read ranges. */
const isEverywhere = ({ rule }: Rule): boolean =>
  [rule['CidrIp'], rule['CidrIpv6']].some((range) => typeof range === 'string' && isWide(range));

/**
 * The groups of the key tunnel and of the egress gateway alone may reach any host of the internet, by TLS only, and that of a load
 * balancer that looks at tokens, which fetches keys.
 */
const isWayOut = ({ rule, group }: Rule): boolean =>
  rule['IpProtocol'] === 'tcp' &&
  rule['FromPort'] === 443 &&
  rule['ToPort'] === 443 &&
  (/^(?:key-tunnel|egress): opened by the access rules alone$/.test(String(group)) ||
    (group === 'Load balancer of browsers: reached from the internet' &&
      rule['Description'] === 'Keys of issuers'));

/** The group of the load balancer of browsers alone may take everybody, by TLS only; behind it is the firewall. */
const isWayIn = ({ rule, group }: Rule): boolean =>
  rule['IpProtocol'] === 'tcp' &&
  rule['FromPort'] === 443 &&
  rule['ToPort'] === 443 &&
  group === 'Load balancer of browsers: reached from the internet';

export const noOpenEgress: Law = {
  name: 'no security group lets out to everywhere',
  broken: (templates) => [
    ...rules(templates, 'Egress')
      .filter((found) => isEverywhere(found) && !isWayOut(found))
      .map(({ at, rule }) => `${at} lets out to everywhere: ${String(rule['Description'])}`),
    // A group without any rule of its own gets AWS's default: everything.
    ...resourcesOf(templates, 'AWS::EC2::SecurityGroup')
      .filter(({ properties }) => listOf(properties['SecurityGroupEgress']).length === 0)
      .map(({ at }) => `${at} has no egress rule, so AWS adds one for everything`),
  ],
};

export const noOpenIngress: Law = {
  name: 'no security group lets everybody in',
  broken: (templates) =>
    rules(templates, 'Ingress')
      .filter((found) => isEverywhere(found) && !isWayIn(found))
      .map(({ at }) => `${at} lets everybody in`),
};

/** Whose account or organization a condition asks of the resource. */
const HOME = /"aws:Resource(?:Account|OrgID)"/;
/** What an endpoint may let through to resources of others, and why there is no other way. */
const ABROAD = [
  ['ecr:GetAuthorizationToken', '"*"'],
  // Layers of images are in a bucket of ECR.
  ['s3:GetObject', 'starport-layer-bucket/*'],
] as const;

export const endpointsLeadHome: Law = {
  name: 'no endpoint is a way to the resources of another account',
  broken: (templates) =>
    resourcesOf(templates, 'AWS::EC2::VPCEndpoint').flatMap(({ at, properties }) => {
      const { PolicyDocument: document } = properties;
      // Without a policy an endpoint lets everything through (AWS PrivateLink guide, "Default endpoint policy").
      if (!isRecord(document)) return [`${at} has no policy`];
      return listOf(document['Statement'])
        .filter(isRecord)
        .filter(({ Effect, Action, Resource, Condition }) => {
          const isExcepted = ABROAD.some(
            ([action, resource]) => Action === action && JSON.stringify(Resource).includes(resource),
          );
          return Effect === 'Allow' && !isExcepted && !HOME.test(JSON.stringify(Condition ?? {}));
        })
        .map(({ Action }) => `${at} lets ${JSON.stringify(Action)} through to everywhere`);
    }),
};

export const everyListenerHasATlsPolicy: Law = {
  name: 'every listener has a TLS policy, or passes TLS through',
  broken: (templates) => [
    ...resourcesOf(templates, 'AWS::ElasticLoadBalancingV2::Listener').flatMap(({ at, properties }) => {
      if (properties['Protocol'] === 'TCP') return [];
      if (properties['Protocol'] === 'HTTPS' || properties['Protocol'] === 'TLS') {
        const policy = String(properties['SslPolicy']);
        return MODERN_LISTENERS.test(policy) ? [] : [`${at} has the TLS policy ${policy}`];
      }
      return [`${at} is ${String(properties['Protocol'])}`];
    }),
    ...resourcesOf(templates, 'AWS::ApiGateway::DomainName', 'AWS::ApiGateway::DomainNameV2').flatMap(
      ({ at, properties }) =>
        /^(TLS_1_2$|SecurityPolicy_TLS1[23]_)/.test(String(properties['SecurityPolicy']))
          ? []
          : [`${at} has the TLS policy ${String(properties['SecurityPolicy'])}`],
    ),
  ],
};

export const noPublicTask: Law = {
  name: 'no task has a public address',
  broken: (templates) =>
    resourcesOf(templates, 'AWS::ECS::Service').flatMap(({ at, properties }) =>
      JSON.stringify(properties['NetworkConfiguration'] ?? {}).includes('"AssignPublicIp":"DISABLED"')
        ? []
        : [`${at} may have a public address`],
    ),
};
