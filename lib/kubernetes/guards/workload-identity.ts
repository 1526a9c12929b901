import { NAME_LABEL } from '../name-label.js';
import type { Workload } from '../workloads.js';
import { type Guard, hasLabels, literal, literals, optional, PODS } from './guard.js';

/**
 * A pod whose labels are those of one workload and whose service account is another's: policies go by labels, peers know
 * it by its account. A workload with labels of its own has them named here; for every other the label of its name and
 * the account are the same text, so that the policy does not grow with the platform.
 */
export function workloadIdentity(workloads: readonly Workload[]): Guard {
  const special = workloads.filter(({ name, selector }) => !isUsual(name, selector));
  const usual = special.length > 0 ? workloads.filter((workload) => !special.includes(workload)) : [];
  return {
    id: 'workload-identity',
    purpose: 'A pod is the one workload whose account and labels it has.',
    remedy: 'give the pod the service account and the labels of one workload',
    guarded: [PODS],
    variables: {
      labels: optional('object.metadata.labels', '{}'),
      account: optional('object.spec.serviceAccountName', "'default'"),
      name: `'${NAME_LABEL}' in variables.labels ? variables.labels['${NAME_LABEL}'] : ''`,
    },
    validations: [
      {
        // Of those with labels of their own, the name may be anything but another workload's.
        expression: `variables.account in ${names(special)} ? !(variables.name in ${names(usual)}) : variables.account == variables.name`,
        message: `the label ${NAME_LABEL} must be the pod's service account`,
      },
      ...special.map(({ name, selector }) => ({
        expression: `(variables.account == ${literal(name)}) == (${hasLabels('variables.labels', selector)})`,
        message: `the service account ${name} and the labels of its pods go together`,
      })),
    ],
  };
}

function names(workloads: readonly Workload[]): string {
  return literals(workloads.map(({ name }) => name));
}

function isUsual(name: string, selector: Workload['selector']): boolean {
  return Object.keys(selector).length === 1 && selector[NAME_LABEL] === name;
}
