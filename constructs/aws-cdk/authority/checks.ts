import { Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { ConstructError } from '../support/error.js';
import { checkLiteral, checkRange } from '../support/literal.js';
import type { CertificateAuthorityProps } from './props.js';

/** Instances of the registration function: as many tasks ask in half a second. */
export const RESERVED_CONCURRENCY = 20;

/** Throws for a signer that there is not, and for numbers with which nothing would be issued or counted. */
export function checkAuthority(scope: Construct, props: CertificateAuthorityProps): void {
  const { signing, provisionedConcurrency, issuanceRetentionDays, tasksPerService = 2 } = props;
  const { reservedConcurrency = RESERVED_CONCURRENCY } = props;
  const most = typeof reservedConcurrency === 'number' ? reservedConcurrency : 100_000;
  const instances = { min: 1, unit: 'instances' };
  if (typeof reservedConcurrency === 'number') {
    const remedy = "With 0 nobody gets a certificate; 'none' sets nothing aside.";
    checkRange(scope, reservedConcurrency, {
      ...instances,
      prop: 'reservedConcurrency',
      max: 100_000,
      remedy,
    });
  }
  if (provisionedConcurrency !== undefined) {
    const remedy = 'Keep no more warm than there can be; leave it out for none.';
    const max = Token.isUnresolved(most) ? 100_000 : most;
    checkRange(scope, provisionedConcurrency, { ...instances, prop: 'provisionedConcurrency', max, remedy });
  }
  if (issuanceRetentionDays !== undefined) {
    checkRange(scope, issuanceRetentionDays, {
      prop: 'issuanceRetentionDays',
      min: 8,
      max: 36_500,
      unit: 'days',
      remedy: 'A leaf may live for seven days, and its limits count what is kept.',
    });
  }
  // The cost, and how many certificates are too many, are worked out from it.
  checkLiteral(scope, 'tasksPerService', tasksPerService);
  checkRange(scope, tasksPerService, {
    prop: 'tasksPerService',
    min: 1,
    max: 5000,
    unit: 'tasks',
    remedy: 'Give how many tasks a service has on average, rounded up; leave it out for two.',
  });
  checkSigning(scope, signing);
}

/** `aws-cdk-lib` does not look at an ARN; API calls of the deployed function would fail by it. */
const AUTHORITY = /^arn:[a-z-]+:acm-pca:[a-z0-9-]+:\d{12}:certificate-authority\/[A-Za-z0-9-]+$/;

function checkSigning(scope: Construct, signing: CertificateAuthorityProps['signing']): void {
  // The compiler refuses others; a program in JavaScript would get an authority that signs by nothing.
  const kind: string = signing?.kind ?? 'kms';
  if (kind !== 'kms' && kind !== 'privateCa') {
    throw new ConstructError(scope, {
      code: 'unknown-signing',
      message: 'there is no such signer',
      prop: 'signing.kind',
      found: JSON.stringify(kind),
      expected: "'kms' or 'privateCa'",
      remedy: 'Name one of the two; case counts.',
    });
  }
  if (signing?.kind !== 'privateCa') return;
  const named = [...(signing.arn === undefined ? [] : [signing.arn]), ...(signing.alsoTrusted ?? [])];
  const wrong = named.find((arn) => !Token.isUnresolved(arn) && !AUTHORITY.test(arn));
  if (wrong === undefined) return;
  throw new ConstructError(scope, {
    code: 'malformed-arn',
    message: 'this is no authority of AWS Private CA',
    prop: wrong === signing.arn ? 'signing.arn' : 'signing.alsoTrusted',
    found: JSON.stringify(wrong),
    expected: 'arn:aws:acm-pca:<region>:<account>:certificate-authority/<id>',
    remedy: 'Take the ARN from `aws acm-pca list-certificate-authorities`.',
  });
}
