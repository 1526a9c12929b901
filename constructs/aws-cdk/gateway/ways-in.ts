import { CfnResource, Stack, Stage } from 'aws-cdk-lib';
import { CfnClientCertificate, CfnVpcLink } from 'aws-cdk-lib/aws-apigateway';
import type { IConstruct } from 'constructs';
import { isOfEdge } from '../edge/edge-problems.js';
import { ConstructError } from '../support/error.js';
import { Mentions } from '../support/mentions.js';
import { referenceOf } from '../support/same-value.js';
import { synthesizedProperties } from '../support/synthesized.js';

/** What makes or describes a REST API, by SAM too. */
const API_PARTS = /^AWS::(ApiGateway|Serverless)::/;
/** What the gateway is reached by, and not what reaches it. */
const OWN = new Set([CfnVpcLink.CFN_RESOURCE_TYPE_NAME, CfnClientCertificate.CFN_RESOURCE_TYPE_NAME]);

/**
 * Parts of APIs that show the gateway's client certificate or lead through its link, and are no `ServiceEdge`'s: the
 * gateway would take what hangs on the client's own connection for judged, and nobody has judged it. Ask while the tree is
 * validated.
 */
export function strangeWays(gateway: IConstruct, linksAndCertificates: readonly string[]): ConstructError[] {
  const mentions = new Mentions({ construct: gateway, values: linksAndCertificates.flatMap(spellings) });
  return (Stage.of(gateway) ?? gateway.node.root).node
    .findAll()
    .filter((node) => CfnResource.isCfnResource(node))
    .filter(({ cfnResourceType: type }) => API_PARTS.test(type) && !OWN.has(type))
    .filter((resource) => !isOfEdge(resource))
    .filter((resource) => mentions.isIn(Stack.of(resource), synthesizedProperties(resource)))
    .map((resource) => strange(gateway, resource));
}

/** An id, and the other ways in which a template says it. */
function spellings(id: string): string[] {
  const target = referenceOf(id)?.target;
  if (target instanceof CfnClientCertificate) return [id, target.ref, target.attrClientCertificateId];
  if (target instanceof CfnVpcLink) return [id, target.ref, target.attrVpcLinkId];
  return [id];
}

function strange(gateway: IConstruct, resource: CfnResource): ConstructError {
  return new ConstructError(gateway, {
    code: 'way-beside-edge',
    message: 'an API that is no ServiceEdge shows the certificate of the gateway, or leads through its link',
    found: `${resource.node.path} (${resource.cfnResourceType})`,
    expected: 'a ServiceEdge, which has an authorizer and a firewall before it',
    remedy: 'Make it a ServiceEdge of a public service, or give the API a link and a certificate of its own.',
  });
}
