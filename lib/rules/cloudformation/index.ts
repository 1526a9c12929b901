import { appMesh } from './app-mesh.js';
import { authorizerCache } from './authorizer-cache.js';
import { balancerJwt } from './balancer-jwt.js';
import { containerImage } from './container-image.js';
import { containerPrivilege } from './container-privilege.js';
import { entryWithoutFirewall } from './entry-without-firewall.js';
import { failOpen } from './fail-open.js';
import { federatedMfa } from './federated-mfa.js';
import { federatedSubject } from './federated-subject.js';
import { firewallBody } from './firewall-body.js';
import { firewallCounts } from './firewall-counts.js';
import { firewallLimits } from './firewall-limits.js';
import { firewallNotAssociated } from './firewall-not-associated.js';
import { firewallTarget } from './firewall-target.js';
import { greedyRoute } from './greedy-route.js';
import { httpApiLimits } from './http-api-limits.js';
import { latticeAuth } from './lattice-auth.js';
import { latticePrincipal } from './lattice-principal.js';
import { listenerTlsPolicy } from './listener-tls-policy.js';
import { openEgress } from './open-egress.js';
import { plaintextSecret } from './plaintext-secret.js';
import { policyStore } from './policy-store.js';
import { provisionedLatest } from './provisioned-latest.js';
import { routeWithoutScopes } from './route-without-scopes.js';
import { serviceConnectMutual } from './service-connect-mutual.js';
import { shortLivedAuthority } from './short-lived-authority.js';
import { snapStart } from './snap-start.js';
import type { TemplateCheck } from './support/check.js';
import { runTemplateChecks, type TemplateDiagnostic } from './support/run.js';
import type { TemplateSource } from './support/template.js';
import { unauthenticatedRoute } from './unauthenticated-route.js';
import { unreadResource } from './unread-resource.js';
import { workloadSigns } from './workload-signs.js';

export type { TemplateDiagnostic } from './support/run.js';
export type { TemplateSource } from './support/template.js';

/** Every check of a template, in the order of the way of a request: edge, firewall, mesh, identity, workload. */
export const TEMPLATE_CHECKS: readonly TemplateCheck[] = [
  listenerTlsPolicy,
  balancerJwt,
  unauthenticatedRoute,
  greedyRoute,
  routeWithoutScopes,
  authorizerCache,
  httpApiLimits,
  entryWithoutFirewall,
  firewallNotAssociated,
  firewallCounts,
  firewallBody,
  firewallTarget,
  firewallLimits,
  latticeAuth,
  latticePrincipal,
  appMesh,
  serviceConnectMutual,
  openEgress,
  workloadSigns,
  federatedSubject,
  federatedMfa,
  policyStore,
  shortLivedAuthority,
  failOpen,
  plaintextSecret,
  containerImage,
  containerPrivilege,
  snapStart,
  provisionedLatest,
  unreadResource,
];

/** What all checks say of templates that are deployed together. */
export function checkTemplates(sources: readonly TemplateSource[]): TemplateDiagnostic[] {
  return runTemplateChecks(sources, TEMPLATE_CHECKS);
}
