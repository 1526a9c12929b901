import type { z } from 'zod';
import { type Diagnostic, excerpt } from '../diagnostic.js';
import { parseOperation } from '../policy/operation.js';
import { type ElementPath, elementPath, valueAt } from './element-path.js';
import { knownKeys } from './known-keys.js';
import { modelSchema } from './schema.js';
import { suggestion } from './suggest.js';

type Issue = z.core.$ZodIssue;
type Words = Pick<Diagnostic, 'message' | 'expected' | 'remedy'>;

/** What is said of each code that a schema gives as a check's message. */
const WORDS: Readonly<Record<string, Words>> = {
  'invalid-name': {
    message: 'this is not a name',
    expected: '1 to 40 of a–z, 0–9 and `-`, beginning with a letter, not ending with `-`',
  },
  'invalid-rule-name': {
    message: 'this is not a name for a rule',
    expected: '1 to 64 letters, digits, `.`, `_` and `-`, first and last a letter or digit',
  },
  'invalid-namespace': {
    message: 'this is not a namespace',
    expected: 'a DNS label: 1 to 63 of a–z, 0–9 and `-`',
  },
  'trust-domain': {
    message: 'this is not a trust domain',
    expected: 'a DNS name in lower case, such as `shop.example`',
  },
  'host-syntax': {
    message: 'this is not a host name',
    expected: 'a DNS name in lower case, without port; another script in its `xn--` form',
  },
  'invalid-audience': { message: 'this is not an audience', expected: 'visible ASCII without spaces' },
  'invalid-token-type': { message: 'this is not a token type', expected: 'a media type such as `at+jwt`' },
  'invalid-scope': {
    message: 'this is not one scope',
    expected: 'visible ASCII without space, `"` or `\\` (RFC 6749 section 3.3)',
    remedy: 'list several scopes one by one',
  },
  'invalid-group': { message: 'this is not a group', expected: 'a text that is not empty' },
  'invalid-claim-name': { message: 'this is not the name of a claim', expected: 'a text that is not empty' },
  'invalid-claim-path': {
    message: 'this is not a claim',
    expected: 'its name, or the names on the way to it in a list',
  },
  'invalid-evidence': {
    message: 'this does not say what shows it',
    expected: "`{ claim, value }`, or 'none' where the provider shows nothing",
  },
  'claim-value': {
    message: 'no claim can be compared with this value',
    expected: 'a text that is not empty, a boolean, or a whole number within ±(2^53 − 1)',
  },
  'invalid-client-id': {
    message: 'this is not the id of a client',
    expected: 'what the provider calls the client: a text that is not empty, without control characters',
  },
  'invalid-resource': {
    message: 'this is not a resource that a token can be asked for',
    expected:
      "an absolute `https` URL in its normal spelling (RFC 8707), or 'none' where the provider takes none",
  },
  'claim-not-text': { message: '`presentAndNot` compares texts', expected: 'a text that is not empty' },
  'missing-reason': { message: 'there is no reason', expected: 'a sentence for whoever reads the report' },
  'invalid-header-name': { message: 'this is not a header name', expected: 'its name in lower case' },
  'invalid-method': { message: 'this is not a method', expected: 'an HTTP method in upper case' },
  'invalid-date': {
    message: 'this is not a date',
    expected: 'a date (`2027-01-31`) or an instant with its zone (`2027-01-31T12:00:00Z`)',
  },
  'insecure-url': { message: 'the URL is not `https`', expected: 'a URL that begins with `https://`' },
  'invalid-url': {
    message: 'the URL cannot be taken as it stands',
    expected: 'a URL in its normal spelling: a DNS name for a host, no user, query, fragment or default port',
  },
  'invalid-destination': {
    message: 'the destination cannot be taken as it stands',
    expected:
      '`https://` and a host name in lower case, with a port if it is not 443; no user, path, query or fragment',
    remedy: 'put paths into operations: `.to(destination, "POST /v1/charges")`',
  },
  'destination-wildcard': {
    message: 'a destination is one host, with no wildcard',
    expected: '`https://` and a whole host name',
    remedy: 'write a rule for each host',
  },
  'destination-address': {
    message: 'the destination is an address, whose owner no certificate names',
    expected: '`https://` and a host name',
  },
  'destination-local': {
    message: 'the destination is a name of this machine or of a private network',
    expected: 'a public DNS name',
    remedy: 'declare it as a service, if it is one of the platform',
  },
  'destination-port': {
    message: 'this is a port of another protocol',
    expected: '443, which can be left out, or one from 1024 on',
  },
  'cors-origin': {
    message: 'this is not an exact origin',
    expected: '`https://` and a host name, with no path; never `*` or `null`',
  },
  'invalid-range': {
    message: 'this is not a network',
    expected: 'a CIDR range with no bit set after the prefix, such as `10.0.0.0/8` or `2001:db8::/32`',
  },
  'invalid-seconds': {
    message: 'this is not a number of seconds',
    expected: 'a whole number; in TypeScript a duration such as `{ minutes: 15 }`',
  },
  'invalid-operation': {
    message: 'this is not an operation',
    expected: '`METHOD /path`, `rpc package.Service/Method`, or `tcp`',
  },
  'operation-too-long': { message: 'the operation is too long', expected: 'at most 512 characters' },
  'empty-selector': {
    message: 'nothing is asked here, which would admit everybody',
    expected: 'at least one entry, or the key left out',
  },
  'invalid-revision': {
    message: 'this is no revision or tag of istiod',
    expected: 'a DNS label (RFC 1123), or nothing for the default one',
  },
  'invalid-cluster-domain': {
    message: 'this is no domain of a cluster',
    expected: 'a DNS name in lower case, such as `cluster.local`',
  },
  'volume-source': {
    message: 'this is not one source of a volume',
    expected: 'one, by its kind, as Kubernetes writes it: `{ secret: { secretName } }`',
  },
  'too-many': { message: 'there are too many of them', remedy: 'name fewer, or divide them among several' },
};

/** What a value from outside is, and how it is called. */
export interface Kind {
  readonly schema: z.core.$ZodType;
  /** With its article, for a sentence. */
  readonly name: string;
}

const MODEL: Kind = { schema: modelSchema, name: 'the model' };

/** A schema's findings in the words of the model, each with its code and path. */
export function issueDiagnostics(issues: readonly Issue[], root: unknown, kind = MODEL): Diagnostic[] {
  return issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => unknownKey([...issue.path, key], root, kind));
    return [diagnosticOf(issue, root)];
  });
}

function diagnosticOf(issue: Issue, root: unknown): Diagnostic {
  const found = valueAt(root, issue.path);
  if (issue.code === 'invalid_key') {
    return error('invalid-name', issue.path, {
      ...wordsOf(issue.issues[0]?.message),
      found: excerpt(issue.path.at(-1)),
    });
  }
  if (Object.hasOwn(WORDS, issue.message)) {
    const words = wordsOf(issue.message);
    const reason =
      issue.message === 'invalid-operation' && typeof found === 'string' && parseOperation(found);
    return error(issue.message, issue.path, {
      ...words,
      ...(typeof reason === 'string' && { expected: reason }),
      found: excerpt(found),
    });
  }
  return error(...generic(issue, found), found);
}

/** What zod says by itself: a value is missing, of another type, not among the known ones, out of bounds. */
function generic(issue: Issue, found: unknown): [string, ElementPath, Words] {
  const { path } = issue;
  if (issue.code === 'invalid_type') {
    const [code, message] =
      found === undefined ? ['missing', 'this is missing'] : ['wrong-type', 'this is of another type'];
    return [code, path, { message, expected: typeName(issue.expected) }];
  }
  if (issue.code === 'invalid_value') return noneOf(issue.values, path, found);
  if (issue.code === 'invalid_union') {
    return noneOf(('options' in issue && issue.options) || [], path, found);
  }
  if (issue.code === 'too_big' || issue.code === 'too_small') return bounds(issue);
  return ['invalid-value', path, { message: issue.message }];
}

const UNITS: Readonly<Record<string, string>> = { string: 'characters', array: 'elements' };

function bounds(issue: Extract<Issue, { code: 'too_big' | 'too_small' }>): [string, ElementPath, Words] {
  const unit = UNITS[issue.origin];
  const [limit, word] =
    issue.code === 'too_big' ? [`at most ${issue.maximum}`, 'big'] : [`at least ${issue.minimum}`, 'small'];
  const expected = unit ? `${limit} ${unit}` : limit;
  if (!unit) return ['out-of-range', issue.path, { message: `the number is too ${word}`, expected }];
  if (word === 'small') return ['too-few', issue.path, { message: 'there is nothing here', expected }];
  const code = issue.origin === 'string' ? 'too-long' : 'too-many';
  return [code, issue.path, { message: `this has too many ${unit}`, expected }];
}

function noneOf(values: readonly unknown[], path: ElementPath, found: unknown): [string, ElementPath, Words] {
  const expected = values.map((value) => excerpt(value)).join(', ');
  if (found === undefined) return ['missing', path, { message: 'this is missing', expected }];
  return ['unknown-value', path, { message: 'this is not one of the known values', expected }];
}

function unknownKey(path: ElementPath, root: unknown, { schema, name }: Kind): Diagnostic {
  const key = path.at(-1);
  const found = valueAt(root, path);
  const effect = valueAt(root, [...path.slice(0, -1), 'effect']);
  if (path.length === 3 && path[0] === 'access' && (key === 'when' || key === 'unless')) {
    const words = { message: `a rule with the effect ${excerpt(effect)} has no \`${key}\`` };
    const remedy = 'an allow takes `when` (all must hold), a deny takes `unless` (all lift it)';
    return error('condition-placement', path, { ...words, remedy }, found);
  }
  const expected = knownKeys(schema, path.slice(0, -1), root);
  const meant = suggestion(String(key), expected);
  const words = {
    message: `${name} has no such element`,
    ...(expected.length > 0 && { expected: expected.join(', ') }),
    remedy: meant === undefined ? `remove \`${String(key)}\`` : `did you mean "${meant}"?`,
  };
  return error('unknown-key', path, words, found);
}

function wordsOf(code: string | undefined): Words {
  return (
    (code !== undefined && WORDS[code]) || {
      message: 'the key cannot be used here',
      remedy: 'choose a shorter one of plain characters',
    }
  );
}

function typeName(expected: string): string {
  return expected === 'record' ? 'object' : expected;
}

function error(
  code: string,
  path: ElementPath,
  words: Words & { found?: string },
  found?: unknown,
): Diagnostic {
  return {
    code,
    severity: 'error',
    path: elementPath(path),
    ...words,
    ...(found !== undefined && { found: excerpt(found) }),
  };
}
