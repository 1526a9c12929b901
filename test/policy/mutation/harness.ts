import { bind } from 'jest-each';
import { expect } from 'expect';
import { fn } from 'jest-mock';

/** One registered test. */
export interface RegisteredTest {
  /** Its file in the folder of tests, and its name within its groups. */
  readonly id: string;
  readonly file: string;
  run(): Promise<void>;
}

type Body = () => unknown;

/**
 * What test files call by name, so that they can be loaded once and their tests run again and again: a
 * mutant is switched on in the loaded code, and a run of its tests takes milliseconds. Files are not kept
 * apart, so none may rely on state that another mutant has left behind.
 */
export class Harness {
  readonly tests: RegisteredTest[] = [];
  #groups: readonly string[] = [];
  #file = '';

  /** Put the names where test files look for them. */
  install(): void {
    const test = Object.assign(this.#register, { each: bind(this.#register as never, false) });
    const describe = Object.assign(this.#group, { each: bind(this.#group as never, false) });
    const jest = { fn, setTimeout: () => undefined };
    Object.assign(globalThis, {
      test,
      it: test,
      describe,
      expect,
      jest,
      beforeAll: refuse,
      afterAll: ignore,
    });
  }

  /** Take the tests of a file that is loaded by `load`. */
  take(file: string, load: () => void): void {
    this.#file = file;
    load();
  }

  readonly #group = (name: string, body: Body): void => {
    const outer = this.#groups;
    this.#groups = [...outer, name];
    body();
    this.#groups = outer;
  };

  readonly #register = (name: string, body: Body): void => {
    const file = this.#file;
    const title = [file, ...this.#groups, name].join(' › ');
    const same = this.tests.filter(({ id }) => id.replace(/ #[0-9]+$/, '') === title).length;
    const id = same === 0 ? title : `${title} #${same + 1}`;
    this.tests.push({ id, file, run: async () => void (await body()) });
  };
}

function ignore(): void {}

function refuse(): never {
  throw new Error('a file that prepares something once is not run here');
}
