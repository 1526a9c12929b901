import type { Abilities, Ability, How } from './ability.js';

const WORDS: Readonly<Record<How, string>> = {
  itself: 'yes',
  caller: 'yes, by the caller',
  elsewhere: 'never comes here',
  untold: 'not told',
  refused: '**refused**',
};

const GROUPS = ['operations', 'principals', 'conditions', 'dated', 'outcomes', 'told'] as const;

/** Targets and what they can express, as a Markdown table. */
export function abilityTable(targets: readonly Abilities[]): string {
  const features = GROUPS.flatMap((group) =>
    Object.keys(targets[0]?.[group] ?? {}).map((feature) => ({ group, feature })),
  );
  const rows = features.map(({ group, feature }) => [
    `\`${feature}\``,
    ...targets.map((target) => cell((target[group] as Readonly<Record<string, Ability>>)[feature]!)),
  ]);
  return markdown(['Feature', ...targets.map(({ target }) => `\`${target}\``)], rows);
}

/** Limits of targets, as a Markdown table. */
export function limitTable(targets: readonly Abilities[]): string {
  const rows = targets.flatMap(({ target, limits }) =>
    limits.map(({ what, most, unit, source }) => [
      `\`${target}\``,
      what,
      `${most.toLocaleString('en-US')} ${unit}`,
      source,
    ]),
  );
  return markdown(['Target', 'Of one', 'At most', 'Source'], rows);
}

/** In what targets refuse more than `decide`, as a Markdown table. */
export function stricterTable(targets: readonly Pick<Abilities, 'stricter'>[]): string {
  const rows = targets.flatMap(({ stricter = [] }) =>
    stricter.map(({ here, elsewhere, form }) => [form ? `${form}: ${here}` : here, elsewhere]),
  );
  return markdown(['Here', 'Elsewhere'], rows);
}

function cell({ how, note }: Ability): string {
  return note === undefined ? WORDS[how] : `${WORDS[how]}${how === 'caller' ? ',' : ':'} ${note}`;
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
