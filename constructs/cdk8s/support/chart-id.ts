/**
 * The parts of a platform in the order in which they are applied. The guards come before what runs: a pod of another image is refused
 * until they know it, and whoever waits for that pod would not come to them.
 */
export const PARTS = [
  'namespace',
  'prerequisites',
  'certificates',
  'network',
  'mesh',
  'guard',
  'decision',
  'egress',
  'ingress',
  'visibility',
] as const;

export type PartName = (typeof PARTS)[number];

/**
 * The id of a part's chart, by which its file is named, and files are applied in the order of their names. A part has the same id
 * whatever other parts there are: what applies charts by their ids would else take one away as another is added. An eleventh is a letter: `10` would be
 * before `2`.
 */
export function chartId(part: PartName): string {
  return `${PARTS.indexOf(part).toString(36)}-${part}`;
}
