import { Lazy, Stack, Token } from 'aws-cdk-lib';
import { CfnOIDCProvider } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { ConstructError } from '../support/error.js';

/** An issuer of pipelines that this account trusts. */
export interface IPipelineIssuer {
  /** Exactly the `iss` of its tokens. */
  readonly issuer: string;
  readonly providerArn: string;
  /** Make sure that tokens for this audience are taken. */
  accept(audience: string): void;
}

const ISSUER = /^https:\/\/[a-z0-9.-]+(?::\d+)?(?:\/[^\s?#]*[^\s?#/])?$/;

/**
 * IAM's OIDC provider for an issuer. An account has one for each issuer: `of` finds that of the app's outermost
 * stack, and `fromArn` takes one that exists.
 */
export class PipelineIssuer extends Construct implements IPipelineIssuer {
  /** The one for this issuer in the outermost stack around `scope`. */
  static of(scope: Construct, issuer: string): PipelineIssuer {
    const stack = outermost(Stack.of(scope));
    const id = `PipelineIssuer-${issuer.replace(/^https:\/\//, '').replaceAll(/[^A-Za-z0-9]+/g, '-')}`;
    const known = stack.node.tryFindChild(id);
    return known instanceof PipelineIssuer ? known : new PipelineIssuer(stack, id, { issuer });
  }

  /** A provider that the account has: it must list the audience already. */
  static fromArn(issuer: string, providerArn: string): IPipelineIssuer {
    return { issuer, providerArn, accept: () => {} };
  }

  readonly issuer: string;
  readonly providerArn: string;
  private readonly audiences = new Set<string>();

  constructor(scope: Construct, id: string, { issuer }: { readonly issuer: string }) {
    super(scope, id);
    checkIssuer(this, issuer);
    this.issuer = issuer;
    // IAM verifies the issuer's certificate by its own list of authorities: no thumbprint.
    const provider = new CfnOIDCProvider(this, 'Resource', {
      url: issuer,
      clientIdList: Lazy.list({ produce: () => [...this.audiences].sort() }),
    });
    this.providerArn = provider.attrArn;
  }

  accept(audience: string): void {
    this.audiences.add(audience);
  }
}

/** Throws for an issuer that no token could name. */
export function checkIssuer(scope: Construct, issuer: string): void {
  if (!Token.isUnresolved(issuer) && ISSUER.test(issuer)) return;
  throw new ConstructError(scope, {
    code: 'malformed-issuer',
    message: 'the issuer decides which conditions a role has, so it must be known and exact',
    prop: 'issuer',
    found: JSON.stringify(issuer),
    expected: 'an https URL without a slash at its end',
    remedy: 'Write exactly the `iss` of the tokens.',
  });
}

function outermost(stack: Stack): Stack {
  return stack.nestedStackParent ? outermost(stack.nestedStackParent) : stack;
}
