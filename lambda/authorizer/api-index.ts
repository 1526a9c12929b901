import type { Api } from './data.js';

/** Which service stands behind which API, as it was configured. */
export class ApiIndex {
  readonly #apis: ReadonlyMap<string, readonly Api[]>;

  constructor(apis: readonly Api[]) {
    this.#apis = Map.groupBy(apis, ({ api }) => api);
  }

  /** The service of an API, or of a resource of one; undefined if none was configured. */
  serviceOf(api: string, resource: unknown): string | undefined {
    const entries = this.#apis.get(api);
    return entries?.find(
      ({ resources }) => resources === undefined || resources.some((one) => one === resource),
    )?.service;
  }
}
