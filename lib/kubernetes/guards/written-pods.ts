import type { Container, PodSpec, Volume } from '../kinds/index.js';
import { INJECTED } from './mesh-opt-out.js';
import { type Guard, literal, literals, NAMES_OF_CLUSTER, optional, PODS } from './guard.js';

/** Pods that the platform itself runs, as they are emitted. */
export interface WrittenPods {
  /** Who they are, in messages. */
  readonly who: string;
  readonly spec: PodSpec;
  /** The volume of a ConfigMap that has another name with each content; a regular expression for all of them. */
  readonly byContent: { readonly volume: string; readonly names: string };
  readonly hasSidecar: boolean;
}

/**
 * Whoever runs under the account of such pods runs what was written alone, by files of the deployers. Its image alone says
 * little: the program that is in it would read another policy, or run somebody’s code.
 */
export function writtenPods(id: string, purpose: string, pods: WrittenPods): Guard {
  const { who, spec } = pods;
  const [container] = spec.containers as [Container];
  const own = (test: string) =>
    `variables.isOther || object.spec.containers.all(c, c.name != ${literal(container.name)} || (${test}))`;
  return {
    id,
    purpose,
    remedy: 'run other pods under an account of their own',
    guarded: [PODS],
    variables: {
      isOther: `(${optional('object.spec.serviceAccountName', "'default'")}) != ${literal(spec.serviceAccountName)}`,
    },
    validations: [
      {
        expression: `variables.isOther || (${hasNoOther(container, pods)})`,
        message: `${who} has one container${pods.hasSidecar ? ' beside its sidecar' : ''}`,
      },
      { expression: own(startsAsWritten(container)), message: `${who} starts as it was written` },
      {
        // Else a second program, of no policy, beside the first.
        expression: own(runsNoOther(container)),
        message: `in ${who} no hook and no probe runs a command${pods.hasSidecar ? ' but its own' : ''}`,
      },
      {
        expression: own(
          `has(c.volumeMounts) && c.volumeMounts == ${celValue(container.volumeMounts)} && !has(c.volumeDevices)`,
        ),
        message: `${who} reads its files where it was written`,
      },
      {
        expression: `variables.isOther || (has(object.spec.volumes) && ${spec.volumes.map((each) => isAsWritten(each, pods)).join(' && ')})`,
        message: `${who} reads what a deployer applied, and its certificates and tokens where it was written`,
      },
      {
        expression: `variables.isOther || (${NAMES_OF_CLUSTER})`,
        message: `${who} finds names as the cluster says`,
      },
      {
        expression:
          'variables.isOther || (has(object.spec.enableServiceLinks) && !object.spec.enableServiceLinks)',
        message: `${who} has no variables of the Services around it (enableServiceLinks: false)`,
      },
    ],
  };
}

/** Injected containers are judged by `mesh-opt-out`. */
function hasNoOther({ name }: Container, { hasSidecar }: WrittenPods): string {
  const isInjected = `c.name in ${literals(INJECTED)}`;
  const others = hasSidecar
    ? `object.spec.containers.all(c, c.name == ${literal(name)} || ${isInjected}) && ` +
      `(!has(object.spec.initContainers) || object.spec.initContainers.all(c, ${isInjected}))`
    : `object.spec.containers.all(c, c.name == ${literal(name)}) && !has(object.spec.initContainers)`;
  return `${others} && !has(object.spec.ephemeralContainers)`;
}

function startsAsWritten({ command, env }: Container): string {
  const environment = env ? `has(c.env) && c.env == ${celValue(env)}` : '!has(c.env)';
  return `has(c.command) && c.command == ${literals(command)} && !has(c.args) && ${environment} && !has(c.envFrom) && !has(c.workingDir)`;
}

const PROBES = ['livenessProbe', 'readinessProbe', 'startupProbe'] as const;

/** As it ends it may wait; every other hook may be a command. */
function runsNoOther(container: Container): string {
  const hooks =
    '(!has(c.lifecycle) || (!has(c.lifecycle.postStart) && (!has(c.lifecycle.preStop) || has(c.lifecycle.preStop.sleep))))';
  const probes = PROBES.map((probe) => {
    const { exec } = container[probe];
    const own = exec ? ` || c.${probe}.exec.command == ${literals(exec.command)}` : '';
    return `(!has(c.${probe}) || !has(c.${probe}.exec)${own})`;
  });
  return [hooks, ...probes].join(' && ');
}

function isAsWritten(volume: Volume, { byContent }: WrittenPods): string {
  const isThere = (test: string) =>
    `object.spec.volumes.exists(v, v.name == ${literal(volume.name)} && ${test})`;
  return volume.name === byContent.volume
    ? isThere(
        `has(v.configMap) && v.configMap.name.matches(${literal(byContent.names)}) && !has(v.configMap.items)`,
      )
    : isThere(`v == ${celValue(asStored(volume))}`);
}

/** What the API server adds to a source of files that does not say it (Kubernetes 1.36, `pkg/apis/core/v1/defaults.go`). */
const DEFAULTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  configMap: { defaultMode: 0o644 },
  downwardAPI: { defaultMode: 0o644 },
  projected: { defaultMode: 0o644 },
  secret: { defaultMode: 0o644 },
};

/** Of what is in a projected volume. */
const PROJECTED_DEFAULTS: typeof DEFAULTS = { serviceAccountToken: { expirationSeconds: 3600 } };

function asStored(volume: Volume): Readonly<Record<string, unknown>> {
  const { projected, ...others } = withDefaults(volume, DEFAULTS);
  if (!isMap(projected) || !Array.isArray(projected['sources']))
    return { ...others, ...(projected !== undefined && { projected }) };
  const sources = projected['sources'].map((each: unknown) => withDefaults(each, PROJECTED_DEFAULTS));
  return { ...others, projected: { ...projected, sources } };
}

function withDefaults(object: unknown, defaults: typeof DEFAULTS): Readonly<Record<string, unknown>> {
  if (!isMap(object)) return {};
  return Object.fromEntries(
    Object.entries(object).map(([kind, source]) => [
      kind,
      isMap(source) && Object.hasOwn(defaults, kind) ? { ...defaults[kind], ...source } : source,
    ]),
  );
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value of JSON as a literal of CEL, whose lists and maps have members of one type, or of any (`dyn`). */
function celValue(value: unknown): string {
  if (typeof value === 'string') return literal(value);
  if (Array.isArray(value)) return `[${members(value).join(', ')}]`;
  if (!isMap(value)) return String(value);
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  const texts = members(entries.map(([, each]) => each));
  return `{${entries.map(([key], index) => `${literal(key)}: ${texts[index]}`).join(', ')}}`;
}

function members(values: readonly unknown[]): readonly string[] {
  const areTexts = values.every((each) => typeof each === 'string');
  return values.map((each) => (areTexts ? celValue(each) : `dyn(${celValue(each)})`));
}
