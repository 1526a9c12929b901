import { type Check, finding } from './support/check.js';

/** CORS for a service that no browser reaches. */
export const corsWithoutHost: Check = {
  id: 'cors-without-host',
  severity: 'error',
  optOut: false,
  run: ({ model }) =>
    Object.entries(model.services)
      .filter(([, { cors, host }]) => cors && host === undefined)
      .map(([name]) =>
        finding(['services', name, 'cors'], 'the service has no public host, so no page can call it', {
          remedy: 'give it a `host`, or leave `cors` out',
        }),
      ),
};
