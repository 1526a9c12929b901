const LABEL = '[a-z0-9_](?:[-a-z0-9_]{0,61}[a-z0-9_])?';
const NAME = new RegExp(`^(?:${LABEL}\\.)+${LABEL}$`);

/**
 * Whether a list of a firewall may have a name: two labels or more, in lower case, with what that firewall has for all that is
 * before it. All below a top-level domain is too much, and no firewall would be left.
 */
export function isListedName(name: unknown, all: '*.' | '.'): boolean {
  if (typeof name !== 'string') return false;
  return NAME.test(name.startsWith(all) ? name.slice(all.length) : name);
}
