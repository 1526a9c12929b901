import { excerpt } from '../diagnostic.js';
import { isGithubIssuer } from '../model/github-issuer.js';
import type { Pipeline } from '../model/identity.js';
import { type Check, type Finding, finding } from './support/check.js';

/** The default `sub` of a job: names with or without their numbers, then what the job ran on. */
const GITHUB_SUBJECT = /^repo:[^/:@]+(?:@[0-9]+)?\/[^/:@]+(?:@[0-9]+)?:(ref|environment):([^:]+)$/;

/** Subjects of GitHub Actions have it whatever the host of the issuer; without what follows, none of a job is like it. */
const LIKE_GITHUB = /^repo:[^/:]+\/[^/:]+:/;

/**
 * A pipeline that is not told from every other of its issuer. Without `sub` (or the id of one
 * repository) any customer of the CI service could come; at GitHub also any branch of the repository
 * could, unless a ref or an environment is pinned.
 */
export const federatedSubject: Check = {
  id: 'federated-subject',
  severity: 'error',
  optOut: false,
  run: ({ pipelines }) => [...pipelines].flatMap(([name, pipeline]) => subjectOf(name, pipeline)),
};

function subjectOf(name: string, { claims, issuer, preset }: Pipeline): Finding[] {
  const path = ['identity', 'pipelines', name, 'claims'];
  const wildcard = Object.keys(claims).find((claim) => /[*?]/.test(claims[claim] ?? ''));
  if (wildcard !== undefined) {
    const message = 'claims are compared as they stand; a wildcard never matches, and is never to';
    return [
      finding([...path, wildcard], message, {
        found: excerpt(claims[wildcard]),
        remedy: 'write the whole value, and a pipeline for each',
      }),
    ];
  }
  if (claims['sub'] === undefined && claims['repository_id'] === undefined) {
    const message = 'these claims do not tell the pipeline from others of the issuer';
    return [
      finding(path, message, {
        found: excerpt(claims),
        expected: '`sub` or `repository_id` among them',
        remedy: 'add one of them',
      }),
    ];
  }
  const isGithub =
    preset === 'github-actions' || isGithubIssuer(issuer) || LIKE_GITHUB.test(claims['sub'] ?? '');
  return isGithub ? githubSubject(path, claims) : [];
}

function githubSubject(path: readonly string[], claims: Pipeline['claims']): Finding[] {
  const { sub, ref, environment, repository_id } = claims;
  const [, kind, context] = GITHUB_SUBJECT.exec(sub ?? '') ?? [];
  const found = excerpt(sub ?? claims);
  if (kind === undefined && repository_id === undefined) {
    const expected = '`repo:owner/name:ref:refs/…`, or `repo:owner/name:environment:…`';
    return [
      finding([...path, 'sub'], 'this is not the subject of one ref or environment', { found, expected }),
    ];
  }
  const onRef = ref !== undefined || kind === 'ref';
  const inEnvironment = environment !== undefined || kind === 'environment';
  if (onRef === inEnvironment) {
    const message = onRef ? 'both a ref and an environment are pinned' : 'a job of any branch could come';
    return [
      finding(path, message, {
        found,
        expected: 'a ref or an environment, which has branch rules of its own',
      }),
    ];
  }
  const fullRef = ref ?? context ?? '';
  if (onRef && !fullRef.startsWith('refs/')) {
    return [
      finding(path, 'a ref has its whole name', {
        found: excerpt(fullRef),
        expected: '`refs/heads/…` or `refs/tags/…`',
      }),
    ];
  }
  return [];
}
