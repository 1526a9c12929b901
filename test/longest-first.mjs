import Sequencer from '@jest/test-sequencer';

/** They mostly wait, or take a minute: begun last, one of them would be all that the run still waits for. */
const LONG = [
  'engines/security/outage',
  'engines/aws/shop',
  'engines/equality/equality',
  'engines/mutation/mutation',
  'gateway/agent/revocations',
  'lambda/registration/local-aws',
  'gateway/agent/mesh',
  'engines/aws/local-aws',
  'local/dev',
  'local/failure',
  'gateway/agent/decision',
  'engines/cedar/equality',
].map((name) => `/test/${name}.test.ts`);

/** @param {string} path */
function rank(path) {
  const at = LONG.findIndex((name) => path.endsWith(name));
  return at === -1 ? LONG.length : at;
}

/** @param {{ path: string }[]} tests */
function longestFirst(tests) {
  return [...tests].sort((one, other) => rank(one.path) - rank(other.path));
}

/** The others as jest orders them: by how long they took, or by their size. */
export default class LongestFirst extends Sequencer {
  async sort(tests) {
    return longestFirst(await super.sort(tests));
  }
}
