import { type CfnResource, Stack } from 'aws-cdk-lib';
import type { Made } from '../support/as-made.js';
import { templateForm } from '../support/template-form.js';

interface Attribute {
  readonly Key?: unknown;
  readonly Value?: unknown;
}

/** Logs that are written, and that nobody deletes it by mistake: no request is treated otherwise by these. */
const FREE = /^(access_logs|connection_logs|health_check_logs)\.|^deletion_protection\.enabled$/;

/**
 * The attributes that a load balancer or a target group has now must be those that are rendered, but for the free ones,
 * in whatever order. An L2 renders them late, with what `setAttribute` has added until then, so they are resolved here.
 */
export function attributesOf(resource: CfnResource, property: string, attributes: unknown): Made['late'] {
  const made = listOf(templateForm(Stack.of(resource).resolve(attributes)));
  return (rendered) => {
    const found = listOf(rendered[property]);
    const isFound = ({ Key }: Attribute) => found.some((attribute) => attribute.Key === Key);
    return {
      [property]: [
        ...found.flatMap((attribute) =>
          isFree(attribute) ? [attribute] : made.filter(({ Key }) => Key === attribute.Key),
        ),
        ...made.filter((attribute) => !isFree(attribute) && !isFound(attribute)),
      ],
    };
  };
}

function isFree({ Key }: Attribute): boolean {
  return typeof Key === 'string' && FREE.test(Key);
}

function listOf(value: unknown): readonly Attribute[] {
  return Array.isArray(value) ? (value as readonly Attribute[]) : [];
}
