import { type CfnResource, Stack } from 'aws-cdk-lib';

interface Rendered {
  readonly Resources?: Readonly<Record<string, { readonly Properties?: Readonly<Record<string, unknown>> }>>;
}

/**
 * A resource's properties as the template will have them, overrides included: the props of an L1 do not show those.
 * Only what is asked while the tree is validated is final.
 */
export function synthesizedProperties(resource: CfnResource): Readonly<Record<string, unknown>> {
  // Nothing else shows overrides; the CDK keeps the method out of its declarations and calls it for each element.
  const { _toCloudFormation: render } = resource as unknown as { readonly _toCloudFormation: () => object };
  const { Resources } = Stack.of(resource).resolve(render.call(resource)) as Rendered;
  // What is not synthesized at all is no resource.
  return Object.values(Resources ?? {})[0]?.Properties ?? {};
}
