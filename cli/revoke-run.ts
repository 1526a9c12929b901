import { maxRevocations } from '../lib/plan/delegation.js';
import { canonicalJson } from '../lib/plan/json.js';
import type { Plan } from '../lib/plan/plan.js';
import { readRevocationDocument } from '../lib/policy/revocation-document.js';
import { type Revocation, type RevocationDocument, revokedClaim } from '../lib/policy/revocation.js';
import { cliError, formatFinding } from './error.js';
import { loadPlan } from './load-plan.js';
import { type AskedRevocations, revocationEntries } from './revoke-entry.js';
import { documentPlace, type Stored } from './revoke-place.js';
import { sizeWarnings } from './revoke-size.js';
import type { RevokeOptions } from './revoke.js';
import { wrap } from './text.js';

/** Writers that come between reading and writing, one after the other. */
const ATTEMPTS = 8;

/** Write the entry, or print what would be written. */
export async function revoke(
  path: string,
  options: RevokeOptions & { readonly in: string },
): Promise<string> {
  const plan = await loadPlan(path, options.engine);
  const now = Math.floor(Date.now() / 1000);
  const asked = revocationEntries(plan, options, now);
  const place = documentPlace(options.in, process.env);
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const stored = await place.read();
    const { next, added } = withEntries(documentOf(stored, options), asked.entries, now);
    const text = `${JSON.stringify(next)}\n`;
    const room = { place: options.in, maxBytes: place.maxBytes, maxEntries: maxRevocations(plan) };
    const warnings = sizeWarnings(next, text, room);
    if (options.dryRun || (await place.write(text, stored))) {
      for (const warning of warnings) process.stderr.write(`${formatFinding(warning)}\n`);
      return options.dryRun
        ? `${JSON.stringify(next, undefined, 2)}\n`
        : written(options, next, { ...asked, entries: added }, plan);
    }
  }
  throw cliError('revocation-contended', options.in, 'others wrote the document each time in between', {
    found: `${ATTEMPTS} attempts`,
    remedy: 'try again',
  });
}

function documentOf(
  stored: Stored | undefined,
  { in: place, create }: { in: string; create?: boolean },
): RevocationDocument {
  if (!stored && create) return { version: 0, entries: [] };
  if (!stored) {
    throw cliError('revocation-document-not-found', place, 'there is no such document', {
      remedy: 'name the one that the points read; --create makes a first one',
    });
  }
  try {
    return readRevocationDocument(stored.text);
  } catch (error) {
    throw cliError('revocation-document-unreadable', place, 'no point takes the document that is there', {
      found: error instanceof Error ? error.message : String(error),
      remedy: 'put the last good version back, with a higher `version`',
    });
  }
}

/**
 * The next version: without what is over, and with the entries. Points take no older version than they know,
 * and only they know it: the time in seconds is above it even where the document was lost, or its version
 * lowered by hand. What is revoked twice is one entry, for as long as either says.
 * @returns `added` as they are in it
 */
function withEntries(
  { version, entries }: RevocationDocument,
  asked: readonly Revocation[],
  now: number,
): { readonly next: RevocationDocument; readonly added: readonly Revocation[] } {
  const all = new Map<string, Revocation>();
  for (const entry of [...entries.filter(({ until }) => until > now), ...asked]) {
    const other = all.get(whatOf(entry));
    if (!other || other.until < entry.until) all.set(whatOf(entry), entry);
  }
  return {
    next: { version: Math.max(version + 1, now), entries: [...all.values()] },
    added: asked.map((entry) => all.get(whatOf(entry))!),
  };
}

/** All of an entry but its end. */
function whatOf(entry: Revocation): string {
  const { until: _, ...what } = entry;
  return canonicalJson(what);
}

function written(
  { in: document, json }: { in: string; json?: boolean },
  { version, entries }: RevocationDocument,
  { entries: added, alsoWithdrawn }: AskedRevocations,
  plan: Plan,
): string {
  if (json) {
    const all = {
      document,
      version,
      entries: entries.length,
      entry: added[0],
      ...(added.length > 1 && { added }),
    };
    return `${JSON.stringify(all, undefined, 2)}\n`;
  }
  const until = new Date(added[0]!.until * 1000).toISOString().replace('.000Z', 'Z');
  const count = `${entries.length} ${entries.length === 1 ? 'entry' : 'entries'}`;
  const said = added.map((entry) => saidOf(entry, plan)).join('; ');
  const within = plan.revocation.withinSeconds;
  const effect = `${said} until ${until}; points that read the document know within ${within} s.`;
  const others = `Other callers lose the rules that name them too: ${alsoWithdrawn.join(', ')}.`;
  const lines = [`${document}: version ${version}, ${count}`, wrap(effect)];
  return `${[...lines, ...(alsoWithdrawn.length > 0 ? [wrap(others)] : [])].join('\n')}\n`;
}

function saidOf(entry: Revocation, { policy }: Plan): string {
  switch (entry.kind) {
    case 'service':
      return `The service ${entry.service} is closed`;
    case 'rule':
      return `The rule ${entry.rule} admits nothing`;
    case 'token':
      return `The token ${entry.value} of ${entry.issuer} is bad`;
    case 'subject':
      return `Tokens of ${entry.issuer} for ${entry.value}${entry.before === undefined ? '' : ' from before the time'} are bad`;
    case 'session':
    case 'client': {
      const claim = revokedClaim(entry.kind, policy.issuers[entry.issuer]!.profile);
      return `Tokens of ${entry.issuer} with the ${entry.kind} ${entry.value} (\`${claim}\`) are bad`;
    }
  }
}
