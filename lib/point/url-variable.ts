/** `ZTP_ORDER_ITEMS_URL` for `order-items`: where a workload reaches a service that it may call. */
export function urlVariable(service: string): string {
  return `ZTP_${service.toUpperCase().replaceAll('-', '_')}_URL`;
}

/** `ZTP_EGRESS_API_STRIPE_EXAMPLE_URL` for `api.stripe.example`: where a workload reaches a host outside. */
export function egressUrlVariable(host: string): string {
  return `ZTP_EGRESS_${host.toUpperCase().replaceAll(/[-.]/g, '_')}_URL`;
}
