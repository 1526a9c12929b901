import { type Diagnostic, excerpt } from '../../diagnostic.js';

export function checkVersion(path: string, minimum: string, found: string): Diagnostic[] {
  const [major = 0, minor = 0] = minimum.split('.').map(Number);
  const read = /(\d+)\.(\d+)/.exec(found);
  const isOld = !read || Number(read[1]) < major || (Number(read[1]) === major && Number(read[2]) < minor);
  if (!isOld) return [];
  return [
    {
      code: 'cluster-version',
      severity: 'error',
      path,
      message: 'the release is older than what the manifests were made for',
      found: excerpt(found),
      expected: `${minimum} or newer`,
      remedy: 'upgrade it before the manifests are applied',
    },
  ];
}

/** The release of what runs an image: its tag, beside a digest as well, or else what its labels say. */
export function releaseOf(image: string, labels: Readonly<Record<string, string>> = {}): string {
  const [name = ''] = image.split('@', 1);
  const tag = /:([^/:]+)$/.exec(name)?.[1];
  return tag ?? labels['app.kubernetes.io/version'] ?? '';
}
