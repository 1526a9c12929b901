/** Lines of the authority's functions that metrics are made from. */
export const ISSUED = { event: 'issued', daysLeft: 'issuerDaysLeft' } as const;
export const REFUSED = { event: 'refused' } as const;
export const ROOT_SIGNATURE = { event: 'root-signature' } as const;
