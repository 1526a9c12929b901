/** The namespace of a platform's metrics, the same for every part. */
export function metricNamespace(platform: string): string {
  return `ZeroTrustPlatform/${platform}`;
}
