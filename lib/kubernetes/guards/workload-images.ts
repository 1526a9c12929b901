import { everyContainer, everyImageVolume, type Guard, literal, literals, PODS } from './guard.js';
import { INJECTED } from './mesh-opt-out.js';

/** Images that the pods of a service account may have, by the account. */
export type AllowedImages = Readonly<Record<string, readonly string[]>>;

/**
 * Another's image under the account of a workload: whoever may make pods would have its identity. Injected containers have
 * an image of their own (`image-digest`).
 */
export function workloadImages(images: AllowedImages): Guard {
  return {
    id: 'workload-images',
    purpose: 'Under the account of a workload runs what the platform was told of it.',
    remedy: 'have the image named in the images of the guard, or run it under another account',
    guarded: [PODS],
    variables: {
      account: "has(object.spec.serviceAccountName) ? object.spec.serviceAccountName : 'default'",
    },
    validations: Object.entries(images).map(([account, allowed]) => ({
      expression: `variables.account != ${literal(account)} || ((${everyContainer(`c.name in ${literals(INJECTED)} || ${isAllowed('c.image', allowed)}`)}) && (${everyImageVolume((image) => isAllowed(image, allowed))}))`,
      message: `an image is none of those of the service account ${account}`,
    })),
  };
}

function isAllowed(image: string, allowed: readonly string[]): string {
  const exact = allowed.filter((each) => !each.endsWith('*'));
  const prefixes = allowed.filter((each) => each.endsWith('*')).map((each) => each.slice(0, -1));
  return [
    `${image} in ${literals(exact)}`,
    ...prefixes.map((prefix) => `${image}.startsWith(${literal(prefix)})`),
  ].join(' || ');
}
