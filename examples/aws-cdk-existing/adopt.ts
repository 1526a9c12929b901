import { type Plan, resolve } from 'zero-trust-platform';
import { CertificateAuthority, Mesh, TokenAuthorizer, WebFirewall } from 'zero-trust-platform/aws-cdk';
import model from './model.js';
import type { WarehouseStack } from './warehouse-stack.js';

/** Parts of the platform, in the order in which the warehouse adopts them. */
export const PARTS = ['authorizer', 'firewall', 'mesh'] as const;
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

  // Each service gets a sidecar and a certificate; what it listens on stays what it was.
  mesh: (stack, plan) => {
    const authority = new CertificateAuthority(stack, 'Authority', { plan });
    const { vpc, cluster } = stack;
    const mesh = new Mesh(stack, 'Mesh', { plan, authority, vpc, cluster });
    for (const name of ['stock', 'shipping'] as const) {
      const service = stack[name];
      mesh.join(name, service.taskDefinition, { applicationPort: 8080 }).attach(service);
    }
  },
};

export function adopt(stack: WarehouseStack, parts: readonly Part[]): void {
  const plan = resolve(model, { engine: 'aws' });
  for (const part of PARTS) if (parts.includes(part)) STEPS[part](stack, plan);
}
