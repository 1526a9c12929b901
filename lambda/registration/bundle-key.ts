/** Where the trust bundle lies in the authority's bucket. */
export const BUNDLE_KEY = 'authority/bundle.json';

/** Below what every issuance is recorded. */
export const ISSUED = 'issued';
