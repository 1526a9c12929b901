import {
  type Condition,
  claim,
  deny,
  githubActions,
  allow,
  anyone,
  http,
  METHODS,
  mfa,
  type Operation,
  oidc,
  pipeline,
  type Principal,
  type Rule,
  ruleOf,
  type Service,
  signedInWithin,
  sourceNetwork,
  type UserPrincipal,
  user,
  workload,
  type ZeroTrustModel,
} from '../lib/model/index.js';
import { seededRandom } from './statistics.js';

/** How large a platform is made. */
export interface PlatformSize {
  readonly rules: number;
  /** @default 100, or one for each rule where there are fewer */
  readonly services?: number;
  /** @default 1 */
  readonly seed?: number;
}

/** A source of random choices that is the same for the same seed. */
export class Dice {
  readonly #next: () => number;
  constructor(seed: number) {
    this.#next = seededRandom(seed);
  }
  /** True with that probability. */
  chance(probability: number): boolean {
    return this.#next() < probability;
  }
  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    return Math.floor(this.#next() * limit);
  }
  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item;
  }
  /** By weight; the weights need not add up to 1. */
  weighted<Item>(items: ReadonlyArray<readonly [weight: number, item: Item]>): Item {
    let left = this.#next() * items.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, item] of items) {
      left -= weight;
      if (left < 0) return item;
    }
    return (items.at(-1) as readonly [number, Item])[1];
  }
}

const words = (prefix: string, count: number) => Array.from({ length: count }, (_, at) => `${prefix}${at}`);
/** First segments of a service's paths: many, as a service has many resources. */
const RESOURCES = words('resource', 300);
const PARTS = words('part', 40);
export const GROUPS = words('group', 40);
export const SCOPES = words('scope', 40);
export const DEPARTMENTS = words('department', 8);
export const NETWORKS = ['127.0.0.0/8', '10.0.0.0/8', '192.0.2.0/24'] as const;
export const PIPELINE_CLAIMS = { repository: 'example/shop', sub: 'repo:example/shop:ref:refs/heads/main' };

/** Seconds of the one `signedInWithin` condition that the rules use. */
export const RECENT_SECONDS = 900;

/**
 * A platform with random rules: every kind of principal, one in ten a deny, a condition on every
 * fourth. Each rule covers up to three random templates of its service.
 */
export function platform({ rules, services = Math.min(100, rules), seed = 1 }: PlatformSize): ZeroTrustModel {
  const dice = new Dice(seed);
  const names = words('service', services);
  const access = new Map<string, Rule>();
  while (access.size < rules) {
    // Every service gets its share; two rules that say the same would be one rule.
    const rule = randomRule(dice, names, names[access.size % services] as string);
    access.set(JSON.stringify(rule), rule);
  }
  return {
    trustDomain: 'bench.example',
    environment: 'bench',
    identity: {
      providers: { people: provider('people'), partners: provider('partners') },
      pipelines: { release: githubActions({ repository: 'example/shop', ref: 'refs/heads/main' }) },
    },
    services: Object.fromEntries(names.map((name) => [name, service(name)])),
    access: [...access.values()],
  };
}

function provider(name: string) {
  const issuer = `https://${name}.bench.example`;
  return oidc({ issuer, jwksUri: `${issuer}/jwks`, exchange: 'rfc8693' });
}

function service(name: string): Service {
  // No request of a benchmark may be refused for coming too fast.
  return http({ host: `${name}.bench.example`, requestsPerSecond: 1_000_000 });
}

function randomRule(dice: Dice, services: readonly string[], name: string): Rule {
  const covered = operations(dice);
  if (dice.chance(0.1)) {
    const principal = denied(dice, services, name);
    // A deny without a way out would contradict the allows that it covers.
    const lifted = isPerson(principal) ? condition(dice) : sourceNetwork(dice.pick(NETWORKS));
    return ruleOf(
      deny(principal)
        .to(name, ...covered)
        .unless(lifted),
    );
  }
  const principals = words('', 1 + dice.below(2)).map(() => allowed(dice, services, name));
  const rule = allow(...principals).to(name, ...covered);
  return ruleOf(principals.every(isPerson) && dice.chance(0.4) ? rule.when(condition(dice)) : rule);
}

/** Whether conditions about a sign-in can hold for the principal. */
function isPerson(principal: Principal): boolean {
  return principal.kind === 'user' || (principal.kind === 'workload' && principal.forUser !== undefined);
}

/** Up to three operations of different resources, so that no two of one rule cover the same request. */
function operations(dice: Dice): Operation[] {
  const resources = new Set(words('', 1 + dice.below(3)).map(() => dice.pick(RESOURCES)));
  const anywhere = resources.size === 1 && dice.chance(0.03);
  return [...resources].map((resource) => operation(dice, anywhere ? '{scope}' : resource));
}

/** One to four segments; one operation in ten covers all below as well. */
function operation(dice: Dice, resource: string): Operation {
  const method = dice.weighted(METHODS.map((each) => [each === 'GET' ? 4 : each === 'POST' ? 2 : 1, each]));
  const segments = [resource];
  const depth = 1 + dice.below(4);
  while (segments.length < depth) {
    segments.push(dice.chance(0.45) ? `{id${segments.length}}` : dice.pick(PARTS));
  }
  return `${method} /${segments.join('/')}${dice.chance(0.1) ? '/**' : ''}`;
}

function allowed(dice: Dice, services: readonly string[], callee: string): Principal {
  const group = () => ({ groups: [dice.pick(GROUPS)] });
  return dice.weighted<() => Principal>([
    [50, () => user(group())],
    [12, () => user({ scopes: [dice.pick(SCOPES)] })],
    [12, () => user({ issuer: 'partners', ...group() })],
    [12, () => workload(caller(dice, services, callee))],
    [5, () => delegate(dice, services, callee, user(group()))],
    [5, () => pipeline('release')],
    [4, () => anyone()],
  ])();
}

function denied(dice: Dice, services: readonly string[], callee: string): Principal {
  return dice.weighted<() => Principal>([
    [2, () => anyone()],
    [6, () => user({ issuer: 'partners' })],
    [2, () => workload(caller(dice, services, callee))],
  ])();
}

/** Acting for users goes from lower to higher services, and so never in a circle. */
function delegate(
  dice: Dice,
  services: readonly string[],
  callee: string,
  principal: UserPrincipal,
): Principal {
  const callers = services.slice(0, services.indexOf(callee));
  return callers.length === 0 ? principal : workload(dice.pick(callers)).onBehalfOf(principal);
}

/** Another service than the one that is called. */
function caller(dice: Dice, services: readonly string[], callee: string): string {
  return dice.pick(services.filter((name) => name !== callee));
}

function condition(dice: Dice): Condition {
  return dice.weighted<() => Condition>([
    [4, () => mfa()],
    [2, () => signedInWithin({ seconds: RECENT_SECONDS })],
    [3, () => claim('department').equals(dice.pick(DEPARTMENTS))],
    [1, () => sourceNetwork(dice.pick(NETWORKS))],
  ])();
}
