import { Construct } from 'constructs';
import type { ZeroTrustModel } from '../../../lib/model/platform.js';
import type { Plan } from '../../../lib/plan/plan.js';
import { CertificateAuthority, type ICertificateAuthority } from '../authority/index.js';
import { planFor } from './plan.js';

/** A platform, made in this app or in another. */
export interface IZeroTrustPlatform {
  readonly plan: Plan;
  /** Gives each workload its certificate. */
  readonly authority: ICertificateAuthority;
}

/** What the stack of a platform shows in its outputs, and the model that it was made from. */
export interface ZeroTrustPlatformAttributes {
  readonly model: ZeroTrustModel;
  /** The output `Registration` of the platform's stack. */
  readonly registrationArn: string;
}

/** A platform of another app: identities of its services can be recorded and used, nothing of it is made here. */
export class ImportedPlatform extends Construct implements IZeroTrustPlatform {
  readonly plan: Plan;
  readonly authority: ICertificateAuthority;

  constructor(scope: Construct, id: string, { model, registrationArn }: ZeroTrustPlatformAttributes) {
    super(scope, id);
    this.plan = planFor(this, model);
    this.authority = CertificateAuthority.fromAttributes(this, 'Authority', {
      platform: this.plan.trustDomain,
      registrationArn,
    });
  }
}
