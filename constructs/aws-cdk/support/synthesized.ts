import { type CfnResource, Stack } from 'aws-cdk-lib';

type Properties = Readonly<Record<string, unknown>>;

/** A resource of a template. */
export interface SynthesizedResource {
  readonly Type?: string;
  readonly Condition?: unknown;
  readonly Properties?: Properties;
}

/**
 * A resource as the template will have it, overrides included: the props of an L1 do not show those.
 * Only what is asked while the tree is validated is final.
 */
export function synthesizedResource(resource: CfnResource): SynthesizedResource {
  // Nothing else shows overrides; the CDK keeps the method out of its declarations and calls it for each element.
  const { _toCloudFormation: render } = resource as unknown as { readonly _toCloudFormation: () => object };
  const { Resources } = Stack.of(resource).resolve(render.call(resource)) as {
    readonly Resources?: Readonly<Record<string, SynthesizedResource>>;
  };
  // What is not synthesized at all is no resource.
  return Object.values(Resources ?? {})[0] ?? {};
}

/** The properties of the same. */
export function synthesizedProperties(resource: CfnResource): Properties {
  return synthesizedResource(resource).Properties ?? {};
}
