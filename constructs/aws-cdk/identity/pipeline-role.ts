import { Duration, Resource, Token } from 'aws-cdk-lib';
import {
  type CfnRole,
  type IGrantable,
  type IManagedPolicy,
  type IPrincipal,
  Role,
  WebIdentityPrincipal,
} from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Plan } from '../../../lib/plan/plan.js';
import { asMade, keepAsMade } from '../support/as-made.js';
import { ConstructError } from '../support/error.js';
import { synthesizedProperties } from '../support/synthesized.js';
import { checkRange } from '../support/literal.js';
import { checkIssuer, type IPipelineIssuer, PipelineIssuer } from './pipeline-issuer.js';
import { checkSubject } from './subject.js';

interface PipelineRoleOptions {
  /** What the role can never exceed, whatever it is granted. */
  readonly permissionsBoundary: IManagedPolicy;
  /** What the pipeline must ask its token for. @default 'sts.amazonaws.com' */
  readonly audience?: string;
  /** The provider, if the account has one for this issuer. @default one for the app's outermost stack */
  readonly provider?: IPipelineIssuer;
  /** 1 to 12 hours. @default Duration.hours(1) */
  readonly maxSession?: Duration;
  readonly description?: string;
}

export interface PipelineRoleProps extends PipelineRoleOptions {
  /** Exactly the `iss` of the pipeline's tokens. */
  readonly issuer: string;
  /** Exactly their `sub`: repository and branch or environment. */
  readonly subject: string;
}

export interface PlannedPipelineRoleProps extends PipelineRoleOptions {
  /** From `resolve(model, { engine: 'aws' })`. */
  readonly plan: Plan;
  /** A pipeline of the model whose claims have a `sub`. */
  readonly pipeline: string;
}

/** "AWS Security Token Service", the audience that the actions of pipelines ask for. */
const AUDIENCE = 'sts.amazonaws.com';

/**
 * A role that one pipeline takes with its own token: no key is stored anywhere. Audience and subject are both
 * pinned to one value, and a permissions boundary limits what the role can come to.
 */
export class PipelineRole extends Resource implements IGrantable {
  /** The role of a pipeline of the model. */
  static fromPlan(scope: Construct, id: string, props: PlannedPipelineRoleProps): PipelineRole {
    const { plan, pipeline, ...options } = props;
    const found = Object.values(plan.issuers).find(
      ({ pipelines }) => pipelines !== undefined && Object.hasOwn(pipelines, pipeline),
    );
    const subject = found?.pipelines?.[pipeline]?.['sub'];
    if (!found || subject === undefined) {
      const known = Object.values(plan.issuers).flatMap(({ pipelines = {} }) => Object.keys(pipelines));
      throw new ConstructError(scope, {
        code: 'unknown-pipeline',
        message: found ? 'the pipeline has no `sub` that could be pinned' : 'the plan has no such pipeline',
        prop: 'pipeline',
        found: JSON.stringify(pipeline),
        expected: known.join(', ') || 'a pipeline of the model',
        remedy: 'Name a pipeline of the model, with `sub` among its claims.',
      });
    }
    return new PipelineRole(scope, id, { ...options, issuer: found.issuer, subject });
  }

  readonly role: Role;
  readonly grantPrincipal: IPrincipal;

  constructor(scope: Construct, id: string, props: PipelineRoleProps) {
    super(scope, id);
    const { issuer, subject, audience = AUDIENCE, maxSession = Duration.hours(1) } = props;
    checkIssuer(this, issuer);
    checkSubject(this, issuer, subject);
    checkAudience(this, audience);
    const [unbounded] = boundaryProblems(this, props.permissionsBoundary?.managedPolicyArn);
    if (unbounded) throw unbounded;
    checkRange(this, maxSession.isUnresolved() ? 3600 : maxSession.toSeconds(), {
      prop: 'maxSession',
      min: 3600,
      max: 43_200,
      unit: 'seconds',
      remedy: 'IAM takes 1 to 12 hours.',
    });
    const provider = props.provider ?? PipelineIssuer.of(this, issuer);
    checkProvider(this, provider, issuer);
    provider.accept(audience);
    const host = issuer.replace(/^https:\/\//, '');
    this.role = new Role(this, 'Role', {
      description: props.description ?? `Pipeline ${subject}`.slice(0, 1000),
      assumedBy: new WebIdentityPrincipal(provider.providerArn, {
        StringEquals: { [`${host}:aud`]: audience, [`${host}:sub`]: subject },
      }),
      permissionsBoundary: props.permissionsBoundary,
      maxSessionDuration: maxSession,
    });
    const resource = this.role.node.defaultChild as CfnRole;
    keepAsMade(this, asMade(resource, { AssumeRolePolicyDocument: resource.assumeRolePolicyDocument }));
    // An app may have one boundary for all of its roles (`PermissionsBoundary.of`), which then takes the place of this one.
    this.node.addValidation({
      validate: () =>
        boundaryProblems(this, synthesizedProperties(resource)['PermissionsBoundary']).map(
          ({ code, message }) => `${code}: ${message}`,
        ),
    });
    this.grantPrincipal = this.role.grantPrincipal;
  }
}

function checkAudience(scope: Construct, audience: string): void {
  if (!Token.isUnresolved(audience) && audience !== '' && !/[*?\s]/.test(audience)) return;
  throw new ConstructError(scope, {
    code: 'audience-not-pinned',
    message: 'a token that was made for somebody else would be taken',
    prop: 'audience',
    found: JSON.stringify(audience),
    expected: 'one exact audience',
    remedy: `Leave it out for ${AUDIENCE}, or write what the pipeline asks for.`,
  });
}

function boundaryProblems(scope: Construct, boundary: unknown): ConstructError[] {
  const isNone = JSON.stringify(boundary)?.includes(':policy/AdministratorAccess') ?? true;
  if (!isNone) return [];
  return [
    new ConstructError(scope, {
      code: 'no-permissions-boundary',
      message: 'a pipeline that may write IAM could give itself everything',
      prop: 'permissionsBoundary',
      found: boundary === undefined ? 'none' : 'AdministratorAccess, which is none',
      expected: 'a managed policy',
      remedy: 'Give the managed policy that limits every role of your pipelines.',
    }),
  ];
}

function checkProvider(scope: Construct, provider: IPipelineIssuer, issuer: string): void {
  if (provider.issuer === issuer) return;
  throw new ConstructError(scope, {
    code: 'other-issuer',
    message: 'the provider is for another issuer, so the conditions would never be looked at',
    prop: 'provider',
    found: provider.issuer,
    expected: issuer,
    remedy: 'Give the provider of this issuer, or leave it out.',
  });
}
