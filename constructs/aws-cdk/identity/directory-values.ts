import { Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { IssuerNode, Plan } from '../../../lib/plan/plan.js';
import { standInsOf } from '../../../lib/plan/stand-ins.js';
import { ConstructError } from '../support/error.js';
import type { IUserDirectory } from './user-directory.js';

/** Directories that the model leaves to the engine (`cognito({ directory })`), by that name. */
export type Directories = Readonly<Record<string, IUserDirectory>>;

/**
 * Values of what stands for directories in the artefacts of a plan, as a point that guards these services needs them.
 * Throws for a directory that is not there, or that the model does not leave to the engine.
 */
export function directoryValues(
  scope: Construct,
  plan: Plan,
  directories: Directories = {},
  services: readonly string[] = Object.keys(plan.services),
): Record<string, string> {
  checkDirectories(scope, plan, directories);
  const values: Record<string, string> = {};
  for (const [provider, node] of Object.entries(plan.issuers)) {
    const directory = node.directory && directories[node.directory.name];
    if (!node.directory || !directory) continue;
    const { standIns } = node.directory;
    const told: Record<string, string> = {
      [node.issuer]: directory.issuer,
      [node.jwksUri]: directory.jwksUri,
      [new URL(node.jwksUri).hostname]: directory.jwksHost,
    };
    const accepted = services.flatMap((service) => plan.policy.services[service]?.audiences[provider] ?? []);
    for (const audience of accepted) {
      const name = standIns[audience]?.ref.split('/').at(-1);
      if (name !== undefined) told[audience] = directory.clientId(name);
    }
    for (const [text, value] of Object.entries(told)) values[standIns[text]!.ref] = value;
  }
  return values;
}

/** The host of the directories' keys, if the plan leaves any directory to the engine. */
export function directoryHost(plan: Plan, directories: Directories = {}): ReadonlyMap<string, string> {
  return new Map(
    Object.values(plan.issuers).flatMap(({ directory, jwksUri }) => {
      const made = directory && directories[directory.name];
      return made ? [[new URL(jwksUri).hostname, made.jwksHost] as const] : [];
    }),
  );
}

/** Throws for a directory that is missing or too much, and for a pool that could not be told from one. */
export function checkDirectories(scope: Construct, plan: Plan, directories: Directories = {}): void {
  const wanted = new Set(Object.values(plan.issuers).flatMap(({ directory }) => directory?.name ?? []));
  const missing = [...wanted].find((name) => directories[name] === undefined);
  if (missing !== undefined) {
    throw new ConstructError(scope, {
      code: 'directory-missing',
      message: 'the model leaves a directory to the engine, and nobody makes it',
      prop: `directories.${missing}`,
      found: Object.keys(directories).join(', ') || 'no directory',
      expected: [...wanted].join(', '),
      remedy:
        'Give it its applications and its domain, or a UserDirectory of yours; or write the ids of a pool into the model.',
    });
  }
  const unknown = Object.keys(directories).find((name) => !wanted.has(name));
  if (unknown !== undefined) {
    throw new ConstructError(scope, {
      code: 'unknown-directory',
      message: 'no provider of the model is this directory, so nobody would take its tokens',
      prop: `directories.${unknown}`,
      expected: [...wanted].join(', ') || 'none',
      remedy: `Write cognito({ directory: '${unknown}' }) into the model.`,
    });
  }
  if (standInsOf(plan).size === 0) return;
  const { region } = Stack.of(scope);
  const beside = Object.values(plan.issuers).find((issuer) => isPoolOf(issuer, region));
  if (!beside) return;
  throw new ConstructError(scope, {
    code: 'pool-beside-directory',
    message:
      'a pool and a directory of one region have one host, and the key tunnel tells issuers by their hosts',
    prop: 'directories',
    found: `${beside.key} at ${beside.jwksUri}`,
    expected: 'each pool of this region as a directory',
    remedy: 'Name it in the model by cognito({ directory }), and give it here by UserDirectory.fromUserPool.',
  });
}

/** Whether an issuer that the model names by its ids may be a pool of this region. */
function isPoolOf({ directory, jwksUri }: IssuerNode, region: string): boolean {
  const [, of] = /^https:\/\/cognito-idp\.([a-z0-9-]+)\.amazonaws\.com/.exec(jwksUri) ?? [];
  return !directory && of !== undefined && (Token.isUnresolved(region) || of === region);
}
