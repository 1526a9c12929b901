/** One part of what an authority costs. US dollars a month in us-east-1, without free tiers. */
export interface CostPart {
  readonly what: string;
  readonly usd: number;
  /** The page that has the price. */
  readonly source: string;
}

export interface MonthlyCost {
  /** US dollars a month. */
  readonly usd: number;
  readonly parts: readonly CostPart[];
  /** Certificates that are issued in a month. */
  readonly certificates: number;
}

export interface CostBasis {
  readonly kind: 'kms' | 'privateCa';
  /** Tasks that hold a certificate, of all services and the gateway. */
  readonly tasks: number;
  readonly leafLifetimeSeconds: number;
  /** Whether the authority has an encryption key of its own. */
  readonly ownEncryptionKey: boolean;
  /** Root and issuing keys that are kept, those of earlier generations too; of KMS alone. @default 2 */
  readonly keys?: number;
}

const HOURS_A_MONTH = 730;
/** A certificate is renewed at a random point between half and two thirds of its life. */
const MEAN_RENEWAL = (1 / 2 + 2 / 3) / 2;

/** Prices of us-east-1, read in November 2026. */
const PRICE = {
  kmsKey: 1,
  kmsEccRequest: 0.15 / 10_000,
  privateCa: 50,
  privateCertificate: 0.058,
  s3Write: 0.005 / 1000,
  s3Read: 0.0004 / 1000,
  lambdaRequest: 0.2 / 1_000_000,
  /** Half a second of 512 MB on arm64. */
  lambdaCompute: 0.25 * 0.0000133334,
} as const;

const SOURCES = {
  kms: 'https://aws.amazon.com/kms/pricing/',
  privateCa: 'https://aws.amazon.com/private-ca/pricing/',
  s3: 'https://aws.amazon.com/s3/pricing/',
  lambda: 'https://aws.amazon.com/lambda/pricing/',
} as const;

/** What an authority costs, from the workloads and how long their certificates live. */
export function monthlyCost(basis: CostBasis): MonthlyCost {
  const { kind, tasks, leafLifetimeSeconds, ownEncryptionKey, keys = 2 } = basis;
  const certificates = Math.ceil((tasks * HOURS_A_MONTH * 3600) / (leafLifetimeSeconds * MEAN_RENEWAL));
  const parts: CostPart[] = [
    ...(kind === 'kms' ? kms(certificates, keys) : privateCa(certificates)),
    ...(ownEncryptionKey
      ? [{ what: 'key for bucket and logs', usd: PRICE.kmsKey, source: SOURCES.kms }]
      : []),
    {
      what: `${certificates} runs of the registration function`,
      usd: certificates * (PRICE.lambdaRequest + PRICE.lambdaCompute),
      source: SOURCES.lambda,
    },
    {
      // A listing is priced as a write.
      what: 'records of issuance',
      usd: certificates * (2 * PRICE.s3Write + PRICE.s3Read),
      source: SOURCES.s3,
    },
  ];
  return { usd: parts.reduce((sum, { usd }) => sum + usd, 0), parts, certificates };
}

function kms(certificates: number, keys: number): CostPart[] {
  return [
    { what: `${keys} root and issuing keys`, usd: keys * PRICE.kmsKey, source: SOURCES.kms },
    {
      what: `${certificates} signatures`,
      usd: certificates * PRICE.kmsEccRequest,
      source: SOURCES.kms,
    },
  ];
}

function privateCa(certificates: number): CostPart[] {
  return [
    { what: 'one authority in short-lived mode', usd: PRICE.privateCa, source: SOURCES.privateCa },
    {
      what: `${certificates} certificates`,
      usd: certificates * PRICE.privateCertificate,
      source: SOURCES.privateCa,
    },
  ];
}
