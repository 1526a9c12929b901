import { GITHUB_ACTIONS_ISSUER } from './identity.js';

/** Of an enterprise at github.com by its slug, with data residency (GHE.com), or of a GitHub Enterprise Server. */
const ENTERPRISE =
  /^https:\/\/(?:token\.actions\.githubusercontent\.com\/[^/]+|token\.actions\.[^/.]+\.ghe\.com(?:\/[^/]+)?|[^/]+\/_services\/token(?:\/[^/]+)?)$/;

/** Whether subjects of an issuer are those of GitHub Actions ("OpenID Connect reference", GitHub Docs). */
export function isGithubIssuer(issuer: string): boolean {
  return issuer === GITHUB_ACTIONS_ISSUER || ENTERPRISE.test(issuer);
}
