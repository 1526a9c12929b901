/** `ZTP_ORDER_ITEMS_URL` for `order-items`: where a workload reaches a service that it may call. */
export function urlVariable(service: string): string {
  return `ZTP_${service.toUpperCase().replaceAll('-', '_')}_URL`;
}

/**
 * What an application finds of the services that it may call, by the URL of each: the URL itself, and of a TCP
 * service (`tcp://127.0.0.1:15101`) also host and port, as clients of databases want them.
 */
export function upstreamVariables(urls: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(urls).flatMap(([service, url]) => {
      const name = urlVariable(service);
      const { protocol, hostname, port } = new URL(url);
      const place = protocol === 'tcp:' ? { HOST: hostname, PORT: port } : {};
      return [
        [name, url],
        ...Object.entries(place).map(([part, value]) => [name.replace(/_URL$/, `_${part}`), value] as const),
      ];
    }),
  );
}

/** What an application finds of the hosts outside that it may call, by the URL of each. */
export function destinationVariables(urls: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(urls).map(([host, url]) => [egressUrlVariable(host), url]));
}

/** `ZTP_EGRESS_API_STRIPE_EXAMPLE_URL` for `api.stripe.example`: where a workload reaches a host outside. */
export function egressUrlVariable(host: string): string {
  return `ZTP_EGRESS_${host.toUpperCase().replaceAll(/[-.]/g, '_')}_URL`;
}
