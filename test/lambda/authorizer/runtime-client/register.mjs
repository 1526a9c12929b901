/* oxlint-disable typescript/no-unsafe-call, typescript/no-unsafe-return -- plain JavaScript, as Node loads it */
// Loaded before Lambda's runtime client: puts `native-client.cjs` where it looks for its compiled part.
import { registerHooks } from 'node:module';

const url = new URL('native-client.cjs', import.meta.url).href;
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === './rapid-client.node'
      ? { url, format: 'commonjs', shortCircuit: true }
      : next(specifier, context),
});
