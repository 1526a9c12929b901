import { closeRunFolder } from './run-folder.mjs';

/** It also runs after tests that failed. */
export default function tearDown() {
  closeRunFolder();
}
