import { comparePolicies, type PolicyComparison, type PolicyDifference } from '../lib/insight/compare.js';
import { type ChangedBesides, changedLimits } from '../lib/insight/compare-besides.js';
import { namedAlike } from '../lib/insight/compare-names.js';
import { CLIENTS_OWN } from '../lib/insight/compare-facts.js';
import { excerpt } from '../lib/diagnostic.js';
import { askedText } from '../lib/insight/connection.js';
import { plural } from '../lib/insight/describe.js';
import type { Engine } from '../lib/model/service.js';
import type { Plan } from '../lib/plan/plan.js';
import { resolve } from '../lib/plan/resolve.js';
import type { Json } from '../lib/policy/request.js';
import type { CompareOptions } from './compare.js';
import type { Difference, DifferenceOptions } from './difference.js';
import { loadModel, loadPlan } from './load-plan.js';
import { styled, wrap } from './text.js';

/** What `ztp compare` prints, and whether both models decide alike. */
export async function compareModels(
  before: string,
  after: string,
  options: CompareOptions,
): Promise<Difference> {
  if (options.environments) {
    const { plans, names } = await plansByName(before, after, options.engine);
    return comparisonText(plans, options, names);
  }
  const plans = [await loadPlan(before, options.engine), await loadPlan(after, options.engine)] as const;
  const compared = comparisonText(plans, options);
  const environments = [...new Set(plans.map(({ environment }) => environment))];
  if (environments.length === 1) return compared;
  const notice = `${environments.join(' and ')} are two environments: --environments takes their hosts and issuers as the same`;
  return { ...compared, notice };
}

/** Two plans compared, as text. `names` are members of the second that were taken as those of the first. */
export function comparisonText(
  [before, after]: readonly [Plan, Plan],
  options: DifferenceOptions,
  names: readonly ChangedBesides[] = [],
): Difference {
  const comparison = comparePolicies(before, after, options.time ?? Math.floor(Date.now() / 1000));
  const { isSame } = comparison;
  const limits = changedLimits(before, after);
  if (options.json) {
    const all = { ...comparison, limits, ...(names.length > 0 && { names }) };
    return { text: `${JSON.stringify(all, undefined, 2)}\n`, isSame };
  }
  const further = [...changeLines('named', names), ...changeLines('limit', limits)];
  return { text: `${(options.markdown ? markdown : plain)(comparison, further)}\n`, isSame };
}

/** Both plans, the second with the names that the first environment has. */
async function plansByName(before: string, after: string, engine: Engine) {
  const [old, next] = [await loadModel(before), await loadModel(after)];
  const { model, names } = namedAlike(old, next);
  return { plans: [resolve(old, { engine }), resolve(model, { engine })] as const, names };
}

function plain(comparison: PolicyComparison, further: readonly string[]): string {
  const besides = [...besidesLines(comparison), ...further];
  return [
    ...comparison.differences.flatMap((difference) => [...lines(difference), '']),
    ...besides.map((line) => wrap(line, '', '  ')),
    ...(besides.length > 0 ? [''] : []),
    ...[summary(comparison), ...diagramLines(comparison), ...sampledLines(comparison)].map((line) =>
      wrap(line, '', '  '),
    ),
  ].join('\n');
}

function lines(difference: PolicyDifference): string[] {
  const { change, before, after } = difference;
  const colour = change === 'opened' ? 'red' : 'yellow';
  return [
    `${styled(colour, change)}  ${styled('bold', request(difference))}`,
    wrap(who(difference), '  for     '),
    `  before  ${decision(before)}`,
    `  after   ${decision(after)}${since(difference)}`,
    ...(difference.contains === undefined ? [] : [wrap(containedText(difference.contains), '  within  ')]),
  ];
}

function containedText(rows: number): string {
  return `${plural(rows, 'further row')}: the same for some of them, by another token or later`;
}

function markdown(comparison: PolicyComparison, further: readonly string[]): string {
  const { differences } = comparison;
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rows = differences.map((difference) =>
    row([
      difference.change,
      code(request(difference)),
      cell(who(difference)) +
        (difference.contains === undefined ? '' : `; ${containedText(difference.contains)}`),
      decision(difference.before),
      `${decision(difference.after)}${since(difference)}`,
    ]),
  );
  return [
    '### What this changes about access',
    '',
    summary(comparison),
    ...(differences.length === 0
      ? []
      : ['', row(['', 'Request', 'For example', 'Before', 'After']), '|---|---|---|---|---|', ...rows]),
    ...[...besidesLines(comparison), ...further].flatMap((line) => ['', cell(line)]),
    ...[...diagramLines(comparison), ...sampledLines(comparison)].flatMap((line) => ['', line]),
  ].join('\n');
}

function summary({ differences, besides, isSame, requests }: PolicyComparison): string {
  if (differences.length === 0) {
    const tried = requests === 0 ? '' : `, after ${plural(requests, 'abstract request')}`;
    if (isSame) return `Both admit the same requests${tried}.`;
    return besides.length > 0
      ? `The rules of both admit the same requests${tried}; something else that decides is not the same.`
      : `No difference was found${tried}, but not everything could be told apart.`;
  }
  const opened = differences.filter(({ change }) => change === 'opened').length;
  const parts = [
    ...(opened > 0 ? [`${opened} opened`] : []),
    ...(differences.length > opened ? [`${differences.length - opened} closed`] : []),
  ];
  return `${plural(differences.length, 'difference')}: ${parts.join(', ')}, of ${plural(requests, 'abstract request')}.`;
}

/** What decides and cannot be asked. */
function besidesLines({ besides }: PolicyComparison): string[] {
  return changeLines('changed besides', besides);
}

function changeLines(what: string, changes: readonly ChangedBesides[]): string[] {
  const text = (value: unknown) => (value === undefined ? 'none' : excerpt(value));
  return changes.map(({ path, before, after }) => `${what}: ${path}, from ${text(before)} to ${text(after)}`);
}

function sampledLines({ sampled }: PolicyComparison): string[] {
  if (sampled.length === 0) return [];
  return [
    `Not exact: paths, or the scopes of the models, cannot be told apart, and callers were drawn from all, at ${sampled.join(', ')}.`,
  ];
}

/** How the rest was decided. */
function diagramLines({ byDiagram }: PolicyComparison): string[] {
  if (byDiagram.length === 0) return [];
  return [
    `By a decision diagram, as more than 16 conditions tell callers apart or the models read tokens in two ways: ${byDiagram.join(', ')}. Exact, as the rest is.`,
  ];
}

function request({ example, method, path }: PolicyDifference): string {
  return askedText({ authority: example.authority, method, path });
}

/** The caller of the example, and how many there are. Where one model takes no such token, audience and header are said as well. */
function who({ caller, example, requests, before, after }: PolicyDifference): string {
  const { credential, sourceAddress } = example;
  const from = sourceAddress === '192.0.2.1' ? '' : ` from ${sourceAddress}`;
  const others = requests > 1 ? `; ${requests} such callers in all` : '';
  if (credential.kind !== 'jwt') return `${caller} without a token${from}${others}`;
  const { iss, exp: _, aud, client_id, iat, ...more } = credential.claims;
  const rest = { ...more, ...(iat !== undefined && iat !== example.now && { iat }) };
  const isBad = [before, after].some(({ outcome }) => outcome === 'invalidToken');
  const audience = { ...(aud !== undefined && { aud }), ...(client_id !== undefined && { client_id }) };
  const { alg, typ } = credential.header;
  const header = { ...(alg !== undefined && { alg }), ...(typ !== undefined && { typ }) };
  const said = Object.entries({ ...rest, ...(isBad && { ...audience, ...header }) }).map(
    ([name, value]) => `${name} ${shown(value)}`,
  );
  const issuer = typeof iss === 'string' ? iss : '';
  const proof = credential.scheme === 'DPoP' ? ' and a DPoP proof' : '';
  return `${caller} with a token of ${issuer}${proof}${said.length > 0 ? `: ${said.join(', ')}` : ''}${from}${others}`;
}

function shown(value: Json): string {
  return JSON.stringify(value).replaceAll(CLIENTS_OWN, 'its own');
}

function decision({ outcome, rule }: PolicyDifference['before']): string {
  return rule === undefined ? outcome : `${outcome} by ${rule}`;
}

function since({ from, until }: PolicyDifference): string {
  const begins = from === undefined ? '' : `, from ${new Date(from * 1000).toISOString()} on`;
  return until === undefined ? begins : `${begins}, until ${new Date(until * 1000).toISOString()}`;
}

/** Text that Markdown and a table leave as it is. */
function cell(text: string): string {
  return text.replace(/[\\`*_[\]<>|]/g, String.raw`\$&`);
}

function code(text: string): string {
  return `\`${text.replaceAll('|', String.raw`\|`)}\``;
}
