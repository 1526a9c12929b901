import type { IVpcLink } from 'aws-cdk-lib/aws-apigateway';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct, type IConstruct } from 'constructs';
import type { Weakening } from '../support/weakening.js';
import { daysLeft } from './days-left.js';
import { strangeWays } from './ways-in.js';

/** The gateway between API Gateway and the services, made here or elsewhere. */
export interface IGatewayService extends IConstruct {
  /** What integrations of REST APIs lead to. */
  readonly link: IVpcLink;
  /** The certificate that stages show, by which the gateway knows API Gateway. */
  readonly clientCertificateId: string;
  /** There if API Gateway cannot verify the gateway: edges must not have it verified. */
  readonly unverifiedCertificate: Weakening | undefined;
  /** Days that the certificates have left by which API Gateway says who it is. */
  metricClientCertificateDaysLeft(options?: MetricOptions): Metric;
  /** Days that the gateway's own certificate has left; of one that it made itself nothing is told. */
  metricCertificateDaysLeft(options?: MetricOptions): Metric;
}

/** What another stack knows of a gateway: outputs of the platform's stack. */
export interface GatewayServiceAttributes {
  /** The trust domain of the plan. */
  readonly platform: string;
  /** The output `VpcLink`. */
  readonly vpcLinkId: string;
  /** The output `ClientCertificate`. */
  readonly clientCertificateId: string;
  /** As the gateway has it. @default API Gateway verifies the gateway's certificate */
  readonly unverifiedCertificate?: Weakening;
}

/** What every gateway has. Synthesis stops for a way to it that is no `ServiceEdge`. */
export abstract class GatewayServiceBase extends Construct implements IGatewayService {
  abstract readonly link: IVpcLink;
  abstract readonly clientCertificateId: string;
  abstract readonly unverifiedCertificate: Weakening | undefined;
  protected abstract readonly platform: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.node.addValidation({
      validate: () =>
        strangeWays(this, [...this.linkIds(), ...this.shownCertificates()]).map(
          ({ code, message }) => `${code}: ${message}`,
        ),
    });
  }

  /** Certificates of which the gateway takes what comes for API Gateway's. */
  protected shownCertificates(): readonly string[] {
    return [this.clientCertificateId];
  }

  /** The links that lead to it. */
  protected linkIds(): readonly string[] {
    return [this.link.vpcLinkId];
  }

  metricClientCertificateDaysLeft(options?: MetricOptions): Metric {
    return daysLeft(this.platform, 'ClientCertificateDaysLeft', options);
  }

  metricCertificateDaysLeft(options?: MetricOptions): Metric {
    return daysLeft(this.platform, 'GatewayCertificateDaysLeft', options);
  }
}
