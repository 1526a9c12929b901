/** `ZTP_ORDER_ITEMS_URL` for `order-items`: where a workload reaches a service that it may call. */
export function urlVariable(service: string): string {
  return `ZTP_${service.toUpperCase().replaceAll('-', '_')}_URL`;
}
