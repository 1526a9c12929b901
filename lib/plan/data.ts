import type { ZeroTrustModel } from '../model/platform.js';
import type { DataNode } from './plan.js';

/** The data domains of a model; none where it has none. */
export function dataNodes({ data = {} }: ZeroTrustModel): Record<string, DataNode> | undefined {
  const domains = Object.entries(data);
  if (domains.length === 0) return undefined;
  return Object.fromEntries(
    domains.map(([name, { label, principals }]) => [
      name,
      {
        key: `data/${name}`,
        label,
        workloads: [...new Set(principals.map(({ service }) => service))].sort(),
      },
    ]),
  );
}
