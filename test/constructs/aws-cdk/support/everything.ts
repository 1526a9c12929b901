import type { Stack } from 'aws-cdk-lib';
import { VpcLink } from 'aws-cdk-lib/aws-apigateway';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { TokenAuthorizer } from '../../../../constructs/aws-cdk/authorizer/index.js';
import { ServiceEdge } from '../../../../constructs/aws-cdk/edge/index.js';
import { WebFirewall } from '../../../../constructs/aws-cdk/firewall/index.js';
import { PipelineRole, UserDirectory } from '../../../../constructs/aws-cdk/identity/index.js';
import { SecurityAlarms, SecurityDashboard } from '../../../../constructs/aws-cdk/visibility/index.js';
import { plan } from './plan.js';

const CERTIFICATE = 'arn:aws:acm:eu-west-1:111122223333:certificate/1a2b';

/** Every construct of the edge in one stack, with the user's own link, certificate, secret and boundary. */
export function everything(stack: Stack) {
  const firewall = new WebFirewall(stack, 'Firewall', {
    blockedAddresses: ['192.0.2.0/24'],
    botControl: 'common',
  });
  const authorizer = new TokenAuthorizer(stack, 'Authorizer', { plan, provisionedConcurrency: 2 });
  const link = VpcLink.fromVpcLinkId(stack, 'Link', 'link12');
  const certificate = Certificate.fromCertificateArn(stack, 'Certificate', CERTIFICATE);
  const of = (service: string) =>
    new ServiceEdge(stack, `Edge-${service}`, {
      plan,
      service,
      authorizer,
      link,
      firewall,
      domain: { certificate },
    });
  const edges = { orders: of('orders'), reports: of('reports') };
  const clientSecret = Secret.fromSecretNameV2(stack, 'Secret', 'providers');
  new UserDirectory(stack, 'People', {
    clients: { web: { callbackUrls: ['https://www.shop.example/signed-in'] } },
    domain: { prefix: 'shop-prod' },
    providers: {
      google: { clientId: 'g', clientSecret, field: 'google' },
      oidc: {
        Partner: { clientId: 'p', clientSecret, field: 'partner', issuer: 'https://id.partner.example' },
      },
    },
    federatedMfa: { enforcedBy: 'nobody', accepted: { reason: 'partners', expires: '2099-01-01' } },
    firewall,
  });
  PipelineRole.fromPlan(stack, 'Deploy', {
    plan,
    pipeline: 'deploy',
    permissionsBoundary: ManagedPolicy.fromManagedPolicyName(stack, 'Boundary', 'pipelines'),
  });
  const alarms = new SecurityAlarms(stack, 'Alarms', { authorizer, edges, firewall });
  new SecurityDashboard(stack, 'Dashboard', { authorizer, edges, firewall, alarms });
  return { firewall, authorizer, edges, alarms };
}
