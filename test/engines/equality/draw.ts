import fc from 'fast-check';

/** Random choices, all of which follow from fast-check's seed. */
export class Draw {
  constructor(private readonly value: fc.GeneratorValue) {}

  /** A whole number from 0, below the limit. */
  below(limit: number): number {
    return this.value(fc.nat, { max: limit - 1 });
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (items.length === 0) throw new RangeError('nothing to pick from');
    return item as Item;
  }

  /** Several different items, at most `max`, in random order. */
  some<Item>(items: readonly Item[], max: number, min = 1): Item[] {
    const left = [...items];
    const count = Math.min(left.length, min + this.below(max - min + 1));
    return Array.from({ length: count }, () => left.splice(this.below(left.length), 1)[0] as Item);
  }

  list<Item>(count: number, make: () => Item): Item[] {
    return Array.from({ length: count }, make);
  }
}
