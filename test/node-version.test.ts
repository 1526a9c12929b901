import { engines } from '../package.json';
import { checkNode } from '../lib/node-version.js';

test.each(['18.20.8', '20.20.2', '22.17.1'])('Node %s is refused, with what is expected', (version) => {
  expect(() => checkNode(version)).toThrow(
    expect.objectContaining({
      code: 'node-unsupported',
      message: expect.stringMatching(/too old[^]*found: +[\d.]+[^]*expected: 22\.18[^]*do:/),
    }),
  );
});

test.each(['22.18.0', '22.19.1', '24.0.0', process.versions.node])('Node %s is taken', (version) => {
  expect(() => checkNode(version)).not.toThrow();
});

test('it is the oldest that the package names', () => {
  const oldest = engines.node.replace('>=', '');
  const [major, minor] = oldest.split('.').map(Number);
  expect(() => checkNode(`${oldest}.0`)).not.toThrow();
  expect(() => checkNode(`${major}.${minor! - 1}.9`)).toThrow('too old');
});
