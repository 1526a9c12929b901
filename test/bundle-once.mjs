import { bundle } from '../scripts/bundle.mjs';

/** Tests deploy and start the bundles, so these are made anew from the sources before any of them. */
export default async function bundleOnce() {
  await bundle();
}
