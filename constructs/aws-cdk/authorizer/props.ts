import type { IResource, IRestApi } from 'aws-cdk-lib/aws-apigateway';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Plan } from '../../../lib/plan/plan.js';
import type { AuthorizerOptions } from '../../../lambda/authorizer/data.js';
import type { Directories } from '../identity/index.js';
import type { IRevocationList } from '../revocations/index.js';
import type { LogProps } from '../support/encrypted-log-group.js';
import type { Weakening } from '../support/weakening.js';
import type { CacheProps } from './cache.js';
import type { ProofProps } from './proofs.js';

/** An API that exists and the service behind it: what the authorizer goes by, never a `Host` header. */
export interface ProtectedApi {
  readonly service: string;
  readonly api: IRestApi;
  /** Resources of the API that are this service's. @default all of them */
  readonly resources?: readonly IResource[];
  /**
   * The methods are not made by this app, or by an OpenAPI document, so nothing here puts the authorizer before them
   * or the firewall before their stages: somebody else does, and says so here.
   * @default an API that is not a `RestApi` of this app is an error
   */
  readonly protectedElsewhere?: Weakening;
}

/** A table with revocations, for who has one; else a `RevocationList`. */
export interface RevocationTable {
  /** Its partition key is the string `id`. */
  readonly table: ITable;
  /** The item with the revocation document. */
  readonly id: string;
}

/** Settings that the running authorizer takes as they are. */
export type AuthorizerSettings = Pick<
  AuthorizerOptions,
  'revocationOutageSeconds' | 'keyOutageSeconds' | 'pinnedKeys' | 'maxTokenLifetimeSeconds' | 'cacheBytes'
>;

export interface TokenAuthorizerProps extends LogProps, CacheProps {
  /** From `resolve(model, { engine: 'aws' })`. */
  readonly plan: Plan;
  /** APIs that exist, each with its service. @default none */
  readonly apis?: readonly ProtectedApi[];
  /**
   * Services whose API comes later, by `authorizerFor`.
   * @default every public service of the plan, or none if `apis` is given
   */
  readonly services?: readonly string[];
  /** Directories that the model leaves to the engine, by name. @default the model names every issuer by its ids */
  readonly directories?: Directories;
  /** @default what was revoked when the plan was made */
  readonly revocations?: IRevocationList | RevocationTable;
  /** @default where a rule asks for a DPoP proof, the defaults of `ProofProps`; else the scheme `DPoP` is refused */
  readonly proofs?: ProofProps;
  /** @default the authorizer's own defaults */
  readonly settings?: AuthorizerSettings;
  /** Environments that are always warm; each costs. @default none */
  readonly provisionedConcurrency?: number;
  /** Environments that are set aside, and the most there can be. @default the account's */
  readonly reservedConcurrency?: number;
  /** Where decisions are logged; its filters count them, so it is one authorizer's alone. @default an encrypted one of its own */
  readonly logGroup?: ILogGroup;
  /** MiB; CPU comes with it. @default 1024 */
  readonly memorySize?: number;
  /**
   * Who may invoke the function: each API by a permission of its own (up to 40 APIs, as the policy of a
   * function takes 20 KB), or any authorizer of this account and region by one permission.
   * @default 'each-api'
   */
  readonly invokedBy?: 'each-api' | 'account';
}
