import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Annotations, Token } from 'aws-cdk-lib';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import {
  ContainerImage,
  CpuArchitecture,
  OperatingSystemFamily,
  type RuntimePlatform,
} from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import type { BaseImages, PinnedImages } from '../../../gateway/registry/reference.js';
import { checkPinned } from '../../../gateway/registry/pin.js';
import { ConstructError } from '../support/error.js';
import { bundlePath } from '../support/package-root.js';
import { stagedFiles } from '../support/staged-files.js';

export interface AgentImageProps {
  /** An image of `gateway/Dockerfile` that is built already, by its digest. @default built by the CDK CLI */
  readonly image?: ContainerImage;
  /**
   * Base images by digest, as `ztp images` writes them. Of no use with `image`.
   * @default their tags, with a warning
   */
  readonly pinnedImages?: PinnedImages;
  /** What the mesh's own tasks run on, and what the image is built for. @default Platform.LINUX_AMD64 */
  readonly platform?: Platform;
}

const BY_DIGEST = /@sha256:[0-9a-f]{64}$/;

/**
 * The image of every point: the user's own by digest, or the package's Dockerfile with the bundles of agent and decision service,
 * which the CDK CLI builds at deployment. Throws `image-without-digest` and `stale-images`.
 */
export function agentImage(scope: Construct, props: AgentImageProps): ContainerImage {
  if (props.image) return checkedImage(scope, props.image);
  const source = bundlePath('../gateway');
  const images = JSON.parse(readFileSync(join(source, 'images.json'), 'utf8')) as BaseImages;
  if (props.pinnedImages) checkPinned(images, props.pinnedImages);
  else warnOfTags(scope);
  const bundle = (part: string) => readFileSync(join(bundlePath(`gateway/${part}`), 'index.js'));
  const context = stagedFiles(scope, {
    Dockerfile: readFileSync(join(source, 'Dockerfile')),
    'agent.js': bundle('agent'),
    'decision.js': bundle('decision'),
  });
  const base = (name: string) => props.pinnedImages?.[name] ?? `${images[name]?.image}:${images[name]?.tag}`;
  return ContainerImage.fromAsset(context, {
    buildArgs: { ENVOY_IMAGE: base('envoy'), NODE_IMAGE: base('node') },
    platform: props.platform ?? Platform.LINUX_AMD64,
  });
}

function checkedImage(scope: Construct, image: ContainerImage): ContainerImage {
  // Images of a registry and of ECR say their name; assets are named by their content.
  const name: unknown = 'imageName' in image ? image.imageName : undefined;
  const unknowable = typeof name !== 'string' || (Token.isUnresolved(name) && !name.includes(':'));
  if (unknowable || BY_DIGEST.test(name)) return image;
  throw new ConstructError(scope, {
    code: 'image-without-digest',
    message: 'what runs beside every workload is named by something that can change',
    prop: 'image',
    found: name,
    expected: 'repository@sha256:…',
    remedy: 'Name the image by its digest.',
  });
}

function warnOfTags(scope: Construct): void {
  Annotations.of(scope).addWarningV2(
    'zero-trust-platform:images-not-pinned',
    'The base images of the sidecar are named by their tags. Run `npx ztp images --registry https://HOST`, commit what it writes, and give it as pinnedImages.',
  );
}

/** What Fargate must run for images of a platform. */
export function runtimePlatform(platform = Platform.LINUX_AMD64): RuntimePlatform {
  const isArm = platform.platform === Platform.LINUX_ARM64.platform;
  return {
    cpuArchitecture: isArm ? CpuArchitecture.ARM64 : CpuArchitecture.X86_64,
    operatingSystemFamily: OperatingSystemFamily.LINUX,
  };
}
