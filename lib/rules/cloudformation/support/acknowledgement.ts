import type { TemplateDiagnostic } from './run.js';
import { isRecord, type TemplateSource } from './template.js';

/** A finding that somebody means to have, why, and until when. */
export interface Acknowledgement {
  /** The finding's code; `code[undecided]` for one that only the deployment could decide. */
  readonly rule: string;
  /** For an auditor, in a sentence. */
  readonly reason: string;
  /** ISO 8601 date or instant, `2027-03-31`, from which it is a finding again. */
  readonly expires: string;
}

/** The key of a resource's `Metadata` under which a template acknowledges findings about it. */
export const METADATA_KEY = 'zero-trust-platform';

const DATE = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}Z)?$/;
const WRITTEN_SO = 'write one as 2027-03-31';
const IN_TEXT = /^(.*)\(until ([^()]+)\)\s*$/s;

/** What a finding is acknowledged by. */
export function ruleOf({ code, undecided }: Pick<TemplateDiagnostic, 'code' | 'undecided'>): string {
  return undecided ? `${code}[undecided]` : code;
}

/** An acknowledgement's reason and end in one text, where there is a place for no more. */
export function acknowledgementText({ reason, expires }: Omit<Acknowledgement, 'rule'>): string {
  return `${reason.trim()} (until ${expires})`;
}

export function parseAcknowledgementText(rule: string, text: string): Acknowledgement {
  const [, reason = text, expires = ''] = IN_TEXT.exec(text) ?? [];
  return { rule, reason: reason.trim(), expires: expires.trim() };
}

/** Why an acknowledgement acknowledges nothing, if it does not. */
export function faultOf({ reason, expires }: Acknowledgement, now: Date): string | undefined {
  if (!/\p{L}/u.test(reason)) return 'it gives no reason';
  const fault = faultOfEnd(expires);
  if (fault !== undefined) return fault;
  return Date.parse(expires) <= now.getTime() ? `it ended on ${expires}` : undefined;
}

/** Why a text is no end: what JavaScript takes for 30 February is a day of March. */
export function faultOfEnd(expires: string): string | undefined {
  if (expires === '') return `it has no end; ${WRITTEN_SO}`;
  const end = DATE.test(expires) ? Date.parse(expires) : Number.NaN;
  const isDay = !Number.isNaN(end) && new Date(end).toISOString().startsWith(expires.slice(0, 10));
  return isDay ? undefined : `its end ${JSON.stringify(expires)} is no date; ${WRITTEN_SO}`;
}

/** What the templates themselves acknowledge, by template and logical ID. */
export function acknowledgedIn(
  sources: readonly TemplateSource[],
): ReadonlyMap<string, readonly Acknowledgement[]> {
  return new Map(
    sources.flatMap(({ name, template }) => {
      const resources = isRecord(template) ? template['Resources'] : undefined;
      return Object.entries(isRecord(resources) ? resources : {}).map(
        ([logicalId, resource]) => [`${name}/${logicalId}`, inMetadata(resource)] as const,
      );
    }),
  );
}

function inMetadata(resource: unknown): Acknowledgement[] {
  const metadata = isRecord(resource) ? resource['Metadata'] : undefined;
  const own = isRecord(metadata) ? metadata[METADATA_KEY] : undefined;
  const list: unknown = isRecord(own) ? own['acknowledged'] : undefined;
  return (Array.isArray(list) ? (list as unknown[]) : []).flatMap((item) => {
    if (!isRecord(item) || typeof item['rule'] !== 'string') return [];
    const text = (key: string) => (typeof item[key] === 'string' ? item[key] : '');
    return [{ rule: item['rule'], reason: text('reason'), expires: text('expires') }];
  });
}

/** Findings, without those that the templates acknowledge; one with a faulty acknowledgement says so. */
export function withoutAcknowledged(
  diagnostics: readonly TemplateDiagnostic[],
  sources: readonly TemplateSource[],
  now: Date,
): {
  readonly left: TemplateDiagnostic[];
  readonly acknowledged: (readonly [TemplateDiagnostic, Acknowledgement])[];
} {
  const byPlace = acknowledgedIn(sources);
  const left: TemplateDiagnostic[] = [];
  const acknowledged: (readonly [TemplateDiagnostic, Acknowledgement])[] = [];
  for (const diagnostic of diagnostics) {
    const given = byPlace
      .get(`${diagnostic.template}/${diagnostic.logicalId}`)
      ?.find(({ rule }) => rule === ruleOf(diagnostic));
    const fault = given && faultOf(given, now);
    if (!given) left.push(diagnostic);
    else if (fault === undefined) acknowledged.push([diagnostic, given]);
    else left.push({ ...diagnostic, message: `${diagnostic.message}; of its acknowledgement: ${fault}` });
  }
  return { left, acknowledged };
}
