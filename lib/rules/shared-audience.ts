import { type Check, finding } from './support/check.js';
import { servicesByAudience } from './support/audiences.js';

/** Services that accept one another's tokens: each may replay what it receives to the others. */
export const sharedAudience: Check = {
  id: 'shared-audience',
  severity: 'warning',
  optOut: true,
  run({ model, providers, pipelines }) {
    const replay = (services: readonly string[]) =>
      `each of ${list(services)} may replay tokens to the others`;
    return [
      ...[...providers]
        .filter(([, provider]) => (provider.sharedAudience ?? []).length > 1)
        .map(([name, provider]) =>
          finding(['identity', 'providers', name, 'sharedAudience'], replay(provider.sharedAudience ?? [])),
        ),
      ...[...pipelines].flatMap(([name, pipeline]) =>
        servicesByAudience(model, pipeline).map((services) =>
          finding(['identity', 'pipelines', name], replay(services), {
            remedy: 'give each service an audience of its own in `audiences`',
          }),
        ),
      ),
    ];
  },
};

function list(services: readonly string[]): string {
  return services.map((name) => `"${name}"`).join(', ');
}
