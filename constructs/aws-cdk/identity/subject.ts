import { Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { isGithubIssuer } from '../../../lib/model/github-issuer.js';
import { ConstructError } from '../support/error.js';

/** A repository, and a branch, a tag or an environment of it ("OpenID Connect reference", GitHub Docs). */
const GITHUB = /^repo:[^\s:/*?]+\/[^\s:/*?]+:(?:ref:refs\/(?:heads|tags)\/[^\s*?]+|environment:[^\s*?]+)$/;

/** Throws for a subject that more than one pipeline has: a wildcard, a whole repository, a pull request. */
export function checkSubject(scope: Construct, issuer: string, subject: string): void {
  const refuse = (code: string, message: string, expected: string, remedy: string) => {
    throw new ConstructError(scope, {
      code,
      message,
      prop: 'subject',
      found: JSON.stringify(subject),
      expected,
      remedy,
    });
  };
  if (Token.isUnresolved(subject)) {
    refuse(
      'literal-needed',
      'who may take the role is only known at deployment',
      'a literal',
      'Write it out.',
    );
  }
  if (/[*?]/.test(subject)) {
    refuse(
      'subject-wildcard',
      'a wildcard admits pipelines that do not exist yet',
      'one exact subject',
      'Make a role for each pipeline; they may share a policy.',
    );
  }
  // A server may have an issuer that nobody can tell; its subjects are the same.
  const isGithub = isGithubIssuer(issuer) || subject.startsWith('repo:');
  const isPinned = isGithub ? GITHUB.test(subject) : subject.trim().length >= 8;
  if (isPinned) return;
  refuse(
    'subject-not-pinned',
    'anybody who can open a pull request or push a branch there could take the role',
    isGithub
      ? 'repo:<owner>/<name>:ref:refs/heads/<branch> or repo:<owner>/<name>:environment:<name>'
      : 'a subject that names project and branch or environment',
    'Pin the branch or, better, an environment with protection rules.',
  );
}
