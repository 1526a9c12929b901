import { ZeroTrustError } from '../lib/diagnostic.js';
import type { Plan } from '../lib/plan/plan.js';
import { type PlanRecord, readPlanRecord, recordedPlan } from '../lib/plan/record.js';
import { endpointOf } from '../lambda/authorizer/aws-request.js';
import { objectUrl } from '../lambda/authorizer/revocation-store.js';
import { ask, type PlaceEnvironment, refused } from './ask-aws.js';
import { cliError } from './error.js';

const REMEDY =
  'read with a role that PlanRecord.grantRead was given, in the account and region of the platform';

/**
 * The plan that a parameter says was deployed: exactly the object that it names, with exactly the bytes that it names.
 * Throws `ZeroTrustError`.
 */
export async function deployedPlan(parameter: string, environment: PlaceEnvironment): Promise<Plan> {
  const { bucket, key, sha256 } = await recordAt(parameter, environment);
  const { AWS_ENDPOINT_URL: endpoint } = environment;
  const url = objectUrl({ bucket, key, ...(endpoint && { endpoint }) }, environment);
  const where = `s3://${bucket}/${key}`;
  const { status, text } = await ask({ service: 's3', method: 'GET', url }, environment);
  if (status !== 200) throw refused(where, status, text, REMEDY);
  try {
    return recordedPlan(text, sha256);
  } catch (error) {
    if (!(error instanceof ZeroTrustError)) throw error;
    throw cliError(error.code, where, 'the object is not the plan that was deployed', {
      found: error.message,
      remedy:
        error.code === 'plan-hash'
          ? 'believe neither: somebody wrote to the bucket; find out who, and deploy again'
          : 'use the release that deployed it',
    });
  }
}

async function recordAt(parameter: string, environment: PlaceEnvironment): Promise<PlanRecord> {
  const { status, text } = await ask(
    {
      service: 'ssm',
      method: 'POST',
      url: new URL(environment.AWS_ENDPOINT_URL ?? endpointOf('ssm', environment)),
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AmazonSSM.GetParameter' },
      body: JSON.stringify({ Name: parameter }),
    },
    environment,
  );
  if (status === 400 && text.includes('ParameterNotFound')) {
    throw cliError('plan-record-not-found', parameter, 'there is no such parameter', {
      remedy: 'name the one of the deployment by --parameter, and its region by --region',
    });
  }
  if (status !== 200) throw refused(parameter, status, text, REMEDY);
  const { Parameter: found } = JSON.parse(text) as { Parameter?: { Value?: string } };
  try {
    return readPlanRecord(found?.Value ?? '');
  } catch (error) {
    throw cliError('plan-record', parameter, 'the parameter does not say where a plan is', {
      found: error instanceof Error ? error.message : String(error),
      remedy: 'name the parameter that PlanRecord wrote',
    });
  }
}
