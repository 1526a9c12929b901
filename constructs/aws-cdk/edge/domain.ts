import { CfnBasePathMapping, CfnDomainName, DomainName, type IDomainName } from 'aws-cdk-lib/aws-apigateway';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import { ARecord, type IHostedZone, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { ApiGatewayDomain } from 'aws-cdk-lib/aws-route53-targets';
import { Token } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { asMade, keepAsMade } from '../support/as-made.js';
import { ConstructError } from '../support/error.js';
import { checkRequired } from '../support/required.js';
import { checkEnvironment, placed } from '../support/same-environment.js';
import { ENDPOINT_ACCESS, type MinimumTls, securityPolicy } from './tls.js';
import { checkTrustStore, type MutualTls } from './trust-store.js';

/** How users reach the service by its own host. */
export interface EdgeDomain {
  /** Of AWS Certificate Manager, in this region, for the service's host. */
  readonly certificate: ICertificate;
  /** The zone of the host; a record is made in it. @default no record */
  readonly hostedZone?: IHostedZone;
  /** @default clients are not asked for a certificate */
  readonly mutualTls?: MutualTls;
}

export interface DomainProps extends EdgeDomain {
  /** The service's host. */
  readonly host: string;
  readonly restApiId: string;
  readonly stageName: string;
  readonly minimumTls: MinimumTls;
}

/** The service's host in front of its API, at the root: the path is the client's own. */
export class ServiceDomain extends Construct {
  readonly mapping: CfnBasePathMapping;
  readonly domainName: IDomainName;

  constructor(scope: Construct, id: string, props: DomainProps) {
    super(scope, id);
    const { host, mutualTls, hostedZone } = props;
    if (mutualTls) checkTrustStore(this, mutualTls);
    checkRequired(this, 'domain.certificate', props.certificate, 'a certificate of AWS Certificate Manager');
    checkEnvironment(this, {
      'domain.certificate': placed(props.certificate),
      'domain.mutualTls.ownership': mutualTls?.ownership && placed(mutualTls.ownership),
    });
    checkZone(this, host, hostedZone);
    const domain = new CfnDomainName(this, 'Resource', {
      domainName: host,
      endpointConfiguration: { types: ['REGIONAL'] },
      regionalCertificateArn: props.certificate.certificateArn,
      ...(mutualTls && {
        mutualTlsAuthentication: {
          truststoreUri: mutualTls.bucket.s3UrlForObject(mutualTls.key),
          truststoreVersion: mutualTls.version,
        },
        ...(mutualTls.ownership && {
          ownershipVerificationCertificateArn: mutualTls.ownership.certificateArn,
        }),
      }),
    });
    const tls = {
      SecurityPolicy: securityPolicy(this, props.minimumTls, mutualTls !== undefined),
      EndpointAccessMode: mutualTls ? undefined : ENDPOINT_ACCESS,
    };
    for (const [name, value] of Object.entries(tls)) if (value) domain.addPropertyOverride(name, value);
    this.domainName = DomainName.fromDomainNameAttributes(this, 'Domain', {
      domainName: domain.ref,
      domainNameAliasTarget: domain.attrRegionalDomainName,
      domainNameAliasHostedZoneId: domain.attrRegionalHostedZoneId,
    });
    this.mapping = new CfnBasePathMapping(this, 'Mapping', {
      domainName: domain.ref,
      restApiId: props.restApiId,
      stage: props.stageName,
    });
    keepAsMade(
      this,
      asMade(domain, {
        ...tls,
        DomainName: host,
        EndpointConfiguration: domain.endpointConfiguration,
        MutualTlsAuthentication: domain.mutualTlsAuthentication,
        OwnershipVerificationCertificateArn: domain.ownershipVerificationCertificateArn,
      }),
      asMade(this.mapping, {
        DomainName: domain.ref,
        RestApiId: props.restApiId,
        Stage: props.stageName,
        BasePath: undefined,
      }),
    );
    if (hostedZone) {
      new ARecord(this, 'Record', {
        zone: hostedZone,
        recordName: `${host}.`,
        target: RecordTarget.fromAlias(new ApiGatewayDomain(this.domainName)),
      });
    }
  }
}

/** Throws for a zone that is not the host's. */
export function checkZone(
  scope: Construct,
  host: string,
  zone: IHostedZone | undefined,
  prop = 'domain.hostedZone',
): void {
  if (!zone || Token.isUnresolved(zone.zoneName) || Token.isUnresolved(host)) return;
  if (host === zone.zoneName || host.endsWith(`.${zone.zoneName}`)) return;
  throw new ConstructError(scope, {
    code: 'host-outside-zone',
    message: "the zone cannot hold the service's host",
    prop,
    found: zone.zoneName,
    expected: `a zone of ${host}`,
    remedy: 'Give the zone that is responsible for the host, or leave it out and make the record elsewhere.',
  });
}
