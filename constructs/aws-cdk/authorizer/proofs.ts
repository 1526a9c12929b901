import { type Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, type ITable, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Deferred, Proofs } from '../../../lambda/authorizer/data.js';
import type { Plan } from '../../../lib/plan/plan.js';
import { ref } from '../../../lib/plan/refs.js';
import { checkRange } from '../support/literal.js';

/** How DPoP proofs are taken (RFC 9449). */
export interface ProofProps {
  /**
   * Where it is remembered that a proof was used: in a table of the authorizer's own, in one that is given (its
   * partition key the string `id`, its time to live `until`), or in the memory of each environment of the
   * function, which costs nothing and lets a stolen proof pass once in every other environment.
   *
   * @default 'table': one conditional write for each admitted request
   */
  readonly usedProofs?: 'table' | 'environment' | ITable;
  /** How far from now a proof may have been made. Whole seconds, 1 to 300. @default Duration.seconds(60) */
  readonly maxAge?: Duration;
}

/** Where the authorizer remembers proofs, and what it may do there. */
export interface ProofStore {
  readonly proofs: Proofs<Deferred>;
  /** Absent: in memory. */
  readonly table?: ITable;
}

/** The name of the table, for the function's environment. */
export const PROOF_TABLE = ref('proofs/table');

/** Nothing, where the plan asks for no proofs and nobody set how they are taken. */
export function proofStore(
  scope: Construct,
  plan: Plan,
  props: ProofProps | undefined,
): ProofStore | undefined {
  if (!props && plan.policy.dpop !== true) return undefined;
  const { usedProofs = 'table', maxAge } = props ?? {};
  const maxAgeSeconds = maxAge?.toSeconds() ?? 60;
  const remedy = 'Leave it out for a minute.';
  checkRange(scope, maxAgeSeconds, { prop: 'proofs.maxAge', min: 1, max: 300, unit: 'seconds', remedy });
  if (usedProofs === 'environment') return { proofs: { maxAgeSeconds, replay: { kind: 'memory' } } };
  const table = usedProofs === 'table' ? ownTable(scope) : usedProofs;
  return { proofs: { maxAgeSeconds, replay: { kind: 'dynamodb', table: PROOF_TABLE } }, table };
}

/** To add an item, and neither to read nor to remove one: a proof that was used stays so. */
export function useStatement({ tableArn }: ITable): PolicyStatement {
  return new PolicyStatement({ effect: Effect.ALLOW, actions: ['dynamodb:PutItem'], resources: [tableArn] });
}

/** What it holds is worth nothing after minutes, so nothing of it is kept. */
function ownTable(scope: Construct): Table {
  return new Table(scope, 'UsedProofs', {
    partitionKey: { name: 'id', type: AttributeType.STRING },
    timeToLiveAttribute: 'until',
    billingMode: BillingMode.PAY_PER_REQUEST,
    removalPolicy: RemovalPolicy.DESTROY,
  });
}
