import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  allow,
  anyone,
  type Diagnostic,
  type Engine,
  pipeline,
  type ZeroTrustModel,
} from '../../lib/index.js';
import { parseModel } from '../../lib/model/parse.js';
import { CHECKS, runChecks } from '../../lib/rules/index.js';
import { access } from './examples/access.js';
import { dates } from './examples/dates.js';
import { platform } from './examples/example.js';
import { loadBalancers } from './examples/load-balancer.js';
import { logins } from './examples/login.js';
import { platformExamples } from './examples/platform.js';
import { relations } from './examples/relations.js';

const now = new Date('2026-11-20T12:00:00Z');
const examples = { ...access, ...dates, ...relations, ...logins, ...loadBalancers, ...platformExamples };

function check(model: ZeroTrustModel, engine: Engine = 'local'): Diagnostic[] {
  const parsed = parseModel(model);
  expect(parsed.diagnostics).toEqual([]);
  return parsed.model ? runChecks(parsed.model, engine, now) : [];
}

const pathsOf = (diagnostics: readonly Diagnostic[], id: string) =>
  diagnostics.filter(({ code }) => code === id).map(({ path }) => path);

test('a check is a file, named after its id, and has examples', () => {
  const files = readdirSync(join(__dirname, '..', '..', 'lib', 'rules')).filter((name) =>
    name.endsWith('.ts'),
  );
  const ids = CHECKS.map(({ id }) => id);
  expect(files).toEqual([...ids, 'index'].sort().map((id) => `${id}.ts`));
  expect(Object.keys(examples).sort()).toEqual([...ids].sort());
});

test('only warnings can be silenced', () => {
  expect(CHECKS.filter(({ optOut }) => optOut).every(({ severity }) => severity === 'warning')).toBe(true);
});

describe.each(CHECKS)('$id', ({ id, severity, optOut }) => {
  const { compliant, violating, engine } = examples[id]!;

  test.each(compliant.map((model, index) => ({ model, index })))('compliant $index', ({ model }) => {
    expect(pathsOf(check(model, engine), id)).toEqual([]);
  });

  test.each(violating.map(([model, ...paths], index) => ({ model, paths, index })))(
    'violating $index',
    ({ model, paths }) => {
      const diagnostics = check(model, engine);
      expect(pathsOf(diagnostics, id)).toEqual(paths);
      expect(diagnostics.find(({ code }) => code === id)?.severity).toBe(severity);
    },
  );

  test(optOut ? 'an opt-out silences it' : 'no opt-out silences it', () => {
    const [model, ...paths] = violating[0]!;
    const optOuts = [{ rule: id, reason: 'agreed', expires: '2027-01-31' }];
    const diagnostics = check({ ...model, optOuts }, engine);
    expect(pathsOf(diagnostics, id)).toEqual(optOut ? [] : paths);
    expect(diagnostics.filter(({ path }) => path.startsWith('optOuts')).map(({ code }) => code)).toEqual(
      optOut ? [] : ['opt-out-not-allowed'],
    );
  });
});

test('what is said fits what it is said of', () => {
  const model = platform([allow(anyone(), pipeline('deploy')).to('stock', 'GET /')]);
  const [outside] = check(model).filter(({ code }) => code === 'no-public-host');
  expect(outside?.message).toBe('"stock" has no public host, so a caller from outside never reaches it');
  const unreachable = check(platform([])).filter(({ code }) => code === 'unreachable-provider');
  expect(unreachable.map(({ path, remedy }) => [path, remedy])).toEqual(
    expect.arrayContaining([
      ['identity.providers.people', 'remove it, or allow something to its users'],
      ['identity.pipelines.deploy', "remove it, or allow something to `pipeline('deploy')`"],
    ]),
  );
});

test('a leaf is too short only where a cloud renews it', () => {
  const model = platform([], { authority: { leafLifetimeSeconds: 599 } });
  expect(pathsOf(check(model, 'aws'), 'leaf-lifetime')).toEqual(['authority.leafLifetimeSeconds']);
  expect(pathsOf(check(model, 'local'), 'leaf-lifetime')).toEqual([]);
});

test('findings come in the order of the model', () => {
  const paths = check(
    platform(Array.from({ length: 12 }, () => access['self-call']!.violating[0]![0].access![0]!)),
  );
  const rules = paths.filter(({ code }) => code === 'self-call').map(({ path }) => path);
  expect(rules).toEqual(Array.from({ length: 12 }, (_, index) => `access[${index}].principals[0].service`));
});
