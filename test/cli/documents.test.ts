import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { BuiltPackage } from './built.js';

const root = resolve(__dirname, '../..');
const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'SECURITY.md',
  'bench/README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const read = (name: string) => readFileSync(join(root, name), 'utf8');

/** The anchors of a document, as GitHub makes them from its headings. */
function anchors(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test.each(documents)('every link of %s leads somewhere', (name) => {
  const text = read(name);
  const broken = [...text.replace(/`[^`\n]*`/g, '').matchAll(/\]\(([^)]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^https?:/.test(target))
    .filter((target) => {
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? join(root, name) : join(root, dirname(name), path);
      if (!existsSync(file)) return true;
      return anchor !== undefined && !anchors(readFileSync(file, 'utf8')).includes(anchor);
    });
  expect(broken).toEqual([]);
});

describe('the first model of the README', () => {
  const built = new BuiltPackage();
  afterAll(() => built.remove());
  const text = read('README.md');
  const block = (language: string) => new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(text)?.[1] ?? '';

  test('has no finding, and is explained as it says', () => {
    const model = built.write('model.ts', block('ts'));
    expect(built.ztp(['check', model]).stdout).toBe('model.ts: no findings\n');
    const command = /^npx ztp (explain .*)$/m.exec(text)?.[1] ?? '';
    const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
    const { stdout } = built.ztp(words);
    const shown = /```\n(gateway: [^]*?)```/.exec(text)?.[1] ?? '';
    expect(shown).not.toBe('');
    for (const line of shown.split('\n')) if (line.trim() !== '…') expect(stdout).toContain(line);
  });
});
