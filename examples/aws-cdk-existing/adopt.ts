import { type Plan, resolve } from 'zero-trust-platform';
import { TokenAuthorizer, WebFirewall } from 'zero-trust-platform/aws-cdk';
import model from './model.js';
import type { WarehouseStack } from './warehouse-stack.js';

/** Parts of the platform, in the order in which the warehouse adopts them. */
export const PARTS = ['authorizer', 'firewall'] as const;
export type Part = (typeof PARTS)[number];

/** One step each; none needs another, and none changes what the stack had. */
const STEPS: Readonly<Record<Part, (stack: WarehouseStack, plan: Plan) => void>> = {
  // Every method asks the authorizer, which knows that this API is `stock`.
  authorizer: (stack, plan) => {
    const authorizer = new TokenAuthorizer(stack, 'Authorizer', {
      plan,
      apis: [{ service: 'stock', api: stack.api }],
    });
    authorizer.protect(stack.api);
  },

  // The firewall stands before the stage that serves the API.
  firewall: (stack) => {
    new WebFirewall(stack, 'Firewall').protect('Api', stack.api.deploymentStage);
  },
};

export function adopt(stack: WarehouseStack, parts: readonly Part[]): void {
  const plan = resolve(model, { engine: 'aws' });
  for (const part of PARTS) if (parts.includes(part)) STEPS[part](stack, plan);
}
