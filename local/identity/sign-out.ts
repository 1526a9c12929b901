import { escape, page } from './html.js';
import type { IssuerProfile } from './issuer.js';

/** Asks a person whether to end the session at the issuer (OpenID Connect RP-Initiated Logout 1.0 section 2). */
export function signOutPage({ node }: IssuerProfile, form: string): string {
  return page(
    'Sign out',
    `<p>Your session at ${escape(node.issuer)} ends, so that the next sign-in asks again who you are.</p>
${form}
<button type="submit" form="op.logoutForm" name="logout" value="yes" autofocus>Sign out</button>
<button type="submit" form="op.logoutForm" class="second">Stay signed in</button>`,
  );
}
