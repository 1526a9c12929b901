import { formatDiagnostic } from '../lib/diagnostic.js';
import type { PolicyTestResult } from '../lib/insight/policy-test-run.js';
import { placeInWords } from './test-file.js';
import type { TestRun } from './test-run.js';

/** Results as the XML that continuous integration reads: one suite for each file. */
export function junit(runs: readonly TestRun[]): string {
  const suites = runs.map(({ file, report: { results }, milliseconds }) => {
    const head = attributes({
      name: file.shown,
      tests: results.length,
      failures: results.filter(({ passed, fault }) => !passed && !fault).length,
      errors: results.filter(({ fault }) => fault !== undefined).length,
      time: (milliseconds / 1000).toFixed(3),
    });
    const cases = results.map((result, at) =>
      testCase(result, file.shown, placeInWords(file, `tests[${at}]`)),
    );
    return `  <testsuite${head}>\n${cases.join('\n')}\n  </testsuite>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.join('\n')}\n</testsuites>\n`;
}

function testCase(result: PolicyTestResult, classname: string, place: string): string {
  const { name, passed, fault, expected, decided, because } = result;
  const head = attributes({ name, classname });
  if (passed) return `    <testcase${head}/>`;
  const tag = fault ? 'error' : 'failure';
  const message = fault?.message ?? `expected ${expected}, decided ${decided}`;
  const lines = fault ? [formatDiagnostic(fault)] : because;
  const body = escaped([place, ...lines].join('\n'));
  return `    <testcase${head}>\n      <${tag}${attributes({ message })}>${body}</${tag}>\n    </testcase>`;
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(String(value))}"`)
    .join('');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** XML 1.0 has no place for most control characters, not even escaped. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}
