import type * as Reference from '../../../lib/policy/index.js';
import { asked, compared } from './compared.js';

/**
 * The reference's own tests once more, the pitfalls by their numbers among them: whatever they ask `decide`,
 * Cedar's engine is asked, too, and must say the same.
 */
jest.mock('../../../lib/policy/index.js', () => {
  const reference = jest.requireActual<typeof Reference>('../../../lib/policy/index.js');
  return {
    ...reference,
    decide: (...[index, request]: Parameters<typeof reference.decide>) =>
      compared(index, request, reference.decide(index, request)),
  };
});

import '../../policy/pitfalls.test.js';
import '../../policy/token-pitfalls.test.js';
import '../../policy/decide.test.js';
import '../../policy/outcome.test.js';
import '../../policy/condition.test.js';
import '../../policy/revocation.test.js';
import '../../policy/document.test.js';

// Nothing of this would be seen if the tests asked another `decide`.
afterAll(() => {
  process.stderr.write(`${JSON.stringify(asked)}\n`);
  expect(asked.rules).toBeGreaterThan(400);
});
