import { z } from 'zod';

/** CloudFormation gives every property as text. */
const PROPERTIES = z.object({ Step: z.coerce.number().int().positive() });
const UPDATE = z.object({
  RequestType: z.literal('Update'),
  ResourceProperties: PROPERTIES,
  OldResourceProperties: PROPERTIES,
});

/**
 * Throw for an update that raises the step by more than one: the gateway would pin other certificates than stages
 * show. A step back may be as long as CloudFormation needs to undo such an update. What an event says can only stop one.
 */
export function checkStep(event: unknown): void {
  const { data } = UPDATE.safeParse(event);
  if (!data) return;
  const [from, to] = [data.OldResourceProperties.Step, data.ResourceProperties.Step];
  if (to <= from + 1) return;
  throw new RangeError(
    `clientCertificateStep went from ${from} to ${to}, and stages would show a certificate that the gateway no longer pins: raise it by one for each deployment`,
  );
}
