import { finding } from '../../coded-error.js';
import type { Diagnostic } from '../../diagnostic.js';
import { allWorkloads, type Workloads } from '../workloads.js';
import { DEPLOYER_ACCOUNT, deployerFindings } from './deployers.js';
import { WITH_DIGEST } from './image-digest.js';
import type { AllowedImages, GuardOptions, OpenKind } from './index.js';

/**
 * What is wrong with the options of the guard, all of it: `no-reason`, `open-kind`, `no-deployers`, the findings of
 * `deployerFindings`, `image-digest`, `no-images` and `unknown-service`.
 * @param namespaces those of the platform
 */
export function guardFindings(
  options: Partial<GuardOptions>,
  workloads: Workloads,
  namespaces: readonly string[],
): readonly Diagnostic[] {
  const {
    mode,
    deployers,
    proxyImage,
    formerProxyImages = [],
    images = {},
    openKinds = [],
    revokers = {},
  } = options;
  return [
    ...openFindings(openKinds, mode === 'ambient'),
    ...(nobody(deployers) ?? deployerFindings('deployers', deployers ?? {}, namespaces)),
    ...deployerFindings('revokers', revokers, namespaces),
    ...proxyFindings('proxyImage', proxyImage),
    ...formerProxyImages.flatMap((image, index) => proxyFindings(`formerProxyImages[${index}]`, image)),
    ...neededImages(images, workloads),
    ...imageFindings(images, workloads),
  ];
}

/** Whoever writes JavaScript may leave out a reason. */
function openFindings(openKinds: readonly Partial<OpenKind>[], isAmbient: boolean): Diagnostic[] {
  const [opened] = openKinds;
  const silent = openKinds
    .filter(({ reason = '' }) => reason.trim() === '')
    .map(({ kind }) =>
      finding('no-reason', 'openKinds', `${kind} is opened without a reason`, {
        found: 'no reason',
        expected: 'why others than the deployers write it',
        remedy: `say it (\`{ kind: '${kind}', reason: '…' }\`), or leave the kind out`,
      }),
    );
  if (!isAmbient || !opened) return silent;
  return [
    ...silent,
    finding('open-kind', 'openKinds', 'a route of somebody else leads to pods that let the waypoint in', {
      found: opened.kind!,
      expected: 'none in ambient mode',
      remedy: 'let the deployers write routes: what is judged for one service could go to another',
    }),
  ];
}

/** As nobody is named at all, or nobody by these. */
function nobody({
  users = [],
  groups = [],
}: Partial<GuardOptions>['deployers'] = {}): Diagnostic[] | undefined {
  if (users.length + groups.length > 0) return undefined;
  return [
    finding('no-deployers', 'deployers', 'nobody could apply the policies of the platform', {
      expected: 'at least one user or group',
      remedy: `name ${DEPLOYER_ACCOUNT}`,
    }),
  ];
}

function proxyFindings(path: string, image: string | undefined): Diagnostic[] {
  if (new RegExp(WITH_DIGEST).test(image ?? '')) return [];
  return [
    finding('image-digest', path, 'the image has no digest', {
      found: image ?? 'no image',
      expected: 'name@sha256:…',
      remedy: 'name the image that istiod injects (`global.proxy.image`), with its digest',
    }),
  ];
}

function neededImages(images: AllowedImages, { gateway, decisionService }: Workloads): Diagnostic[] {
  return [gateway, decisionService]
    .filter((needed) => needed !== undefined)
    .filter(({ name }) => !Object.hasOwn(images, name))
    .map(({ name }) =>
      finding('no-images', `images.${name}`, 'anybody’s image could run under this account', {
        expected: 'the images of its pods, each with its digest',
        remedy: 'name them: whoever runs under this account speaks for every user',
      }),
    );
}

/** A whole repository, or one image of it: text that could go on with another name is no pattern. */
const PATTERN = /[/@]\*$/;

function imageFindings(images: AllowedImages, workloads: Workloads): Diagnostic[] {
  const accounts = allWorkloads(workloads).map(({ name }) => name);
  return Object.entries(images).flatMap(([account, allowed]): Diagnostic[] => {
    const path = `images.${account}`;
    if (!accounts.includes(account)) {
      return [
        finding('unknown-service', path, 'the platform has no such workload', {
          found: account,
          expected: accounts.join(', '),
          remedy: 'name the workload by its service account, or leave it out',
        }),
      ];
    }
    return allowed
      .filter((image) => !PATTERN.test(image) && !new RegExp(WITH_DIGEST).test(image))
      .map((image) =>
        finding('image-digest', path, 'the image has no digest', {
          found: image,
          expected: 'name@sha256:…, name@* or registry/folder/*',
          remedy: 'name what it is by its digest: a tag can become another image',
        }),
      );
  });
}
