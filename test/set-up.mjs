import { bundleIfChanged } from '../scripts/bundle.mjs';
import { openRunFolder } from './run-folder.mjs';

/** Tests deploy and start the bundles, so before any of them these are what the sources come to. */
export default async function setUp() {
  openRunFolder();
  // The CDK's own validator looks at every template for seconds; one suite runs it, strictly, by the real CLI.
  process.env.CDK_VALIDATION = 'false';
  await bundleIfChanged();
}
