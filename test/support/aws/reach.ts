import { isWithin } from '../../../lib/policy/condition.js';
import { endpointsLeadHome } from './laws/network.js';
import { meant } from './references.js';
import { isRecord, listOf, type Template } from './template.js';

/** Whoever is in a group: `orders`, `endpoint of logs`, or a resource that nobody expects. */
interface Holder {
  readonly label: string;
  readonly groups: ReadonlySet<string>;
}

interface Rule {
  readonly group: string;
  readonly direction: 'in' | 'out';
  readonly other: string | undefined;
  readonly range: unknown;
  readonly from: number;
  readonly to: number;
}

const POINT = /^([-a-z]+): opened by the access rules alone$/;
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '255.255.255.255/32'];
const NAMES_ONLY = /^AWS::(?:EC2::SecurityGroup|CloudFormation::Stack|SSM::Parameter)/;

/**
 * Where a connection leads that each point's task opens itself, without Envoy, as EC2 reads security groups: both ends must let
 * it through, and rules add up. A range of addresses counts as everybody in the network, and `outside` if it is wider than private ones. What no
 * group is asked about (the network's resolver, the task's own metadata) is not in it.
 */
export class Reach {
  /** The group of each point, by the point's name. */
  readonly points: ReadonlyMap<string, string>;
  private readonly rules: readonly Rule[];
  private readonly holders: readonly Holder[];

  constructor(private readonly templates: readonly Template[]) {
    const all = templates.flatMap((template) =>
      Object.entries(template.resources).map(([id, resource]) => ({
        template,
        at: `${template.name}/${id}`,
        type: resource.Type,
        properties: { ...resource.Properties },
      })),
    );
    const groups = all.filter(({ type }) => type === 'AWS::EC2::SecurityGroup');
    const places = new Set(groups.map(({ at }) => at));
    const names = new Map<string, string>();
    for (const { at, properties } of groups) {
      const name = POINT.exec(String(properties['GroupDescription']))?.[1];
      if (name !== undefined) names.set(at, name);
    }
    this.points = new Map([...names].map(([at, name]) => [name, at]));
    this.rules = all.flatMap((each) => this.rulesOf(each));
    this.holders = all
      .filter(({ type }) => !NAMES_ONLY.test(type))
      .map((each) => ({
        label: labelOf(each, this.namedIn(each.template, each.properties), names),
        groups: new Set(this.namedIn(each.template, each.properties).filter((place) => places.has(place))),
      }))
      .filter(({ groups: own }) => own.size > 0);
  }

  /** `payments:15006`, `outside:443` and the like, in order. */
  from(point: string): string[] {
    const own = this.points.get(point);
    if (own === undefined) throw new Error(`no group of ${point}`);
    const out = this.rules.filter(({ group, direction }) => group === own && direction === 'out');
    const led = out.flatMap((rule) =>
      this.holders.flatMap(({ label, groups }) =>
        rule.other !== undefined && !groups.has(rule.other)
          ? []
          : this.rules
              .filter(({ group, direction }) => groups.has(group) && direction === 'in')
              .filter(({ other }) => other === undefined || other === own)
              .flatMap((entry) => portsOf(rule, entry).map((ports) => `${label}:${ports}`)),
      ),
    );
    const outside = out.filter(({ other, range }) => other === undefined && isOutside(range));
    return [
      ...new Set([
        ...led,
        ...outside.flatMap((rule) => portsOf(rule, rule).map((ports) => `outside:${ports}`)),
      ]),
    ].sort();
  }

  private rulesOf({ template, at, type, properties }: Described): Rule[] {
    const of =
      (direction: Rule['direction'], group: string) =>
      (rule: unknown): Rule => {
        const found = isRecord(rule) ? rule : {};
        const other = found[direction === 'in' ? 'SourceSecurityGroupId' : 'DestinationSecurityGroupId'];
        const isAll = String(found['IpProtocol']) === '-1';
        return {
          group,
          direction,
          other: other === undefined ? undefined : (meant(this.templates, template, other) ?? 'unknown'),
          range: found['CidrIp'] ?? found['CidrIpv6'],
          from: isAll ? 0 : Number(found['FromPort']),
          to: isAll ? 65_535 : Number(found['ToPort']),
        };
      };
    const place = meant(this.templates, template, properties['GroupId']) ?? 'unknown';
    if (type === 'AWS::EC2::SecurityGroupIngress') return [of('in', place)(properties)];
    if (type === 'AWS::EC2::SecurityGroupEgress') return [of('out', place)(properties)];
    if (type !== 'AWS::EC2::SecurityGroup') return [];
    // Without a rule of its own EC2 lets a group out to everybody.
    const egress = properties['SecurityGroupEgress'] ?? [{ IpProtocol: '-1', CidrIp: '0.0.0.0/0' }];
    return [
      ...listOf(properties['SecurityGroupIngress']).map(of('in', at)),
      ...listOf(egress).map(of('out', at)),
    ];
  }

  /** Everything that a resource refers to. */
  private namedIn(template: Template, value: unknown): string[] {
    if (Array.isArray(value)) return value.flatMap((item) => this.namedIn(template, item));
    if (!isRecord(value)) return [];
    const own = meant(this.templates, template, value);
    return own === undefined ? Object.values(value).flatMap((inner) => this.namedIn(template, inner)) : [own];
  }
}

interface Described {
  readonly template: Template;
  readonly at: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

function labelOf(
  { template, at, type, properties }: Described,
  named: readonly string[],
  points: ReadonlyMap<string, string>,
): string {
  const point = named.map((place) => points.get(place)).find((name) => name !== undefined);
  if (type === 'AWS::ECS::Service' && point !== undefined) return point;
  if (type !== 'AWS::EC2::VPCEndpoint') return `${at} (${type})`;
  const [, id] = at.split('/') as [string, string];
  const alone = { ...template, resources: { [id]: template.resources[id]! } };
  const service = JSON.stringify(properties['ServiceName'])
    .replace(/[^-.a-z0-9]/gi, '')
    .split(/amazonaws\.[a-z]+-[a-z]+-\d\./)
    .at(-1)!;
  // Of a service that is not of AWS no policy is asked ("Control access to VPC endpoints using endpoint policies").
  const isHome = !service.includes('vpce-svc-') && endpointsLeadHome.broken([alone]).length === 0;
  return isHome ? 'endpoints' : `open endpoint of ${service}`;
}

/** The ports that both let through. */
function portsOf(one: Rule, other: Rule): string[] {
  const [from, to] = [Math.max(one.from, other.from), Math.min(one.to, other.to)];
  if (from > to) return [];
  return [from === to ? String(from) : `${from}-${to}`];
}

/** What only the deployment knows is a range of the network's own, or a prefix list of somebody. */
function isOutside(range: unknown): boolean {
  if (typeof range !== 'string') return !isRecord(range);
  const [address, length] = range.split('/');
  return !PRIVATE.some((each) => isWithin(address!, [each]) && Number(length) >= Number(each.split('/')[1]));
}
