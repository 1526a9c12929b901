import { type Diagnostic, formatDiagnostics, ZeroTrustError } from '../diagnostic.js';
import type { Plan } from '../plan/plan.js';
import type { AccessRule } from '../policy/policy.js';
import type { MeshAuthorizationOptions } from './mesh-options.js';

/** Conditions on the client's own connection are judged where it ends, and no object here makes that point judge them. */
const UNCHECKED = 'client-proof-unchecked';

/** Whether there is a gateway that is made, and who decides for it. */
interface ClientProofOptions extends Pick<MeshAuthorizationOptions, 'ingressGateway'> {
  readonly ingress?: object;
  readonly decisionService?: object;
}

/**
 * Throws `client-proof-unchecked` for each rule with a condition on the client's own connection (`proofCheckedAt` of the
 * plan): behind the ingress gateway it counts as judged, and nobody judges it there. Not if the gateway is one that
 * is emitted, which has the decision service judge it, nor if the options say by name that a gateway does, until a date
 * that has not passed.
 * @returns a warning for each such rule
 */
export function clientProofs(
  plan: Plan,
  { ingressGateway, ingress, decisionService }: ClientProofOptions,
  now: Date = new Date(),
): readonly Diagnostic[] {
  const said = ingressGateway?.checksClientProofs;
  const isSaid =
    said !== undefined && said.reason.trim() !== '' && now.getTime() < Date.parse(`${said.until}T00:00:00Z`);
  if (Object.keys(plan.proofCheckedAt).length === 0) return [];
  const found = Object.entries(plan.policy.services).flatMap(([service, { rules }]) =>
    rules
      .filter(({ id }) => Object.hasOwn(plan.proofCheckedAt, id))
      .filter((rule) => !ingress || !decisionService || !isTold(rule))
      .map(({ id }): Diagnostic => {
        const path = `services.${service}, rule ${id}`;
        if (isSaid) {
          return {
            code: UNCHECKED,
            severity: 'warning',
            path,
            message: `its condition on the client’s own connection is left to the ingress gateway until ${said.until}: ${said.reason}`,
            remedy: 'see that the gateway itself refuses what the condition refuses',
          };
        }
        return {
          code: UNCHECKED,
          severity: 'error',
          path,
          message: 'nobody checks its condition on the client’s own connection on this engine',
          ...(said && { found: `ingressGateway.checksClientProofs until ${said.until}: ${said.reason}` }),
          expected: 'no `sourceNetwork` and no `senderConstrained` in a rule for others than workloads',
          remedy:
            'leave the rule out on this engine, or, if your gateway checks it by itself, say so: `ingressGateway.checksClientProofs: { reason, until }` with a date to come',
        };
      }),
  );
  if (isSaid || found.length === 0) return found;
  throw new ZeroTrustError(UNCHECKED, formatDiagnostics(found), found);
}

/**
 * What the decision service judges where a gateway tells it of the connection. Not a DPoP proof: each of its pods remembers
 * those that it has seen itself, so that one would serve once at each.
 */
function isTold({ conditions }: AccessRule): boolean {
  return conditions.every(({ kind }) => kind !== 'dpop');
}
