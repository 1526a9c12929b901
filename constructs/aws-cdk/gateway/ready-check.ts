import { Duration } from 'aws-cdk-lib';
import { Protocol } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { PORTS } from '../mesh/ports.js';

/** How a load balancer asks a gateway whether it takes requests. */
export function readyCheck() {
  return {
    protocol: Protocol.HTTP,
    path: '/ready',
    port: String(PORTS.ready),
    interval: Duration.seconds(10),
    healthyThresholdCount: 2,
    unhealthyThresholdCount: 2,
  };
}
