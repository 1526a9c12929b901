/** Which services options leave out that the model asks for, and which they name that it does not. */
export function namedServices(
  wanted: readonly string[],
  options: { readonly services?: Readonly<Record<string, unknown>> } | undefined,
): { readonly missing: readonly string[]; readonly unknown: readonly string[] } {
  const given = Object.keys(options?.services ?? {});
  return {
    missing: wanted.filter((service) => !given.includes(service)),
    unknown: given.filter((service) => !wanted.includes(service)),
  };
}
