import { CfnOutput } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { GatewayService } from '../gateway/index.js';
import type { IZeroTrustPlatform } from './imported.js';

/** What other apps need for `ZeroTrustPlatform.fromAttributes`, as outputs of the platform's stack. */
export function tellOthers(platform: IZeroTrustPlatform & Construct): void {
  const home = new Construct(platform, 'outputs');
  const tell = (id: string, value: string, description: string) =>
    new CfnOutput(home, id, {
      value,
      description: `${description}; for ZeroTrustPlatform.fromAttributes`,
    });
  const { alarmTopic, authorizer, firewall, gateway } = platform;
  tell('AlarmTopic', alarmTopic.topicArn, 'Where alarms go');
  tell('WebAcl', firewall.webAclArn, 'What stands before the stages of APIs');
  if (authorizer) tell('Authorizer', authorizer.functionArn, 'What judges the requests of adopted APIs');
  if (!gateway) return;
  if (!(gateway instanceof GatewayService) || gateway.takesApis) {
    tell('VpcLink', gateway.link.vpcLinkId, 'What integrations of APIs lead to');
    tell('ClientCertificate', gateway.clientCertificateId, 'What stages show the gateway');
  }
  if (!(gateway instanceof GatewayService) || !gateway.loadBalancerEdge) return;
  const leadsOthers = Object.values(platform.plan.services).some(({ edge }) => edge !== undefined);
  new CfnOutput(home, 'Browsers', {
    value: gateway.loadBalancerEdge.loadBalancer.loadBalancerDnsName,
    description: leadsOthers
      ? 'Where the hosts lead to which clients come by the load balancer: a CNAME of each, unless hostedZone makes it'
      : 'Where the hosts lead at which browsers sign in: a CNAME of each, unless hostedZone makes it',
  });
}
