import { createRequire } from 'node:module';
import { TestEnvironment } from 'jest-environment-node';

/** Each test file has its own copy of every module, but of those that `loaded-once.cjs` asks for here. */
export default class Worker extends TestEnvironment {
  async setup() {
    await super.setup();
    this.global.loadOnce = createRequire(import.meta.url);
  }
}
