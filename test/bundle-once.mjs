import { bundleIfChanged } from '../scripts/bundle.mjs';

/** Tests deploy and start the bundles, so before any of them these are what the sources come to. */
export default async function bundleOnce() {
  await bundleIfChanged();
}
