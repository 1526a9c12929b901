const REGION = /^[a-z]{2,4}(?:-[a-z]+){1,3}-[0-9]{1,2}$/;

/** Whether this has a region's form, so that nothing in it could end a host name or lead elsewhere. */
export function isRegion(text: string): boolean {
  return REGION.test(text);
}

/** What the names of AWS services end in, by the prefix of the region; elsewhere `amazonaws.com`. */
const SUFFIXES: readonly (readonly [prefix: string, suffix: string])[] = [
  ['cn-', 'amazonaws.com.cn'],
  ['eusc-', 'amazonaws.eu'],
];

/** The host of an AWS service in a region, such as `kms.us-east-1.amazonaws.com`. Throws for what is no region. */
export function serviceHost(service: string, region: string): string {
  if (!isRegion(region)) throw new TypeError(`${JSON.stringify(region.slice(0, 40))} is not a region`);
  const [, suffix] = SUFFIXES.find(([prefix]) => region.startsWith(prefix)) ?? ['', 'amazonaws.com'];
  return `${service}.${region}.${suffix}`;
}

/** The regional STS host: the one that an attestation is signed for, and the one that is asked. */
export function stsHost(region: string): string {
  return serviceHost('sts', region);
}
