/**
 * Where AWS services are asked instead of at their own hosts: nowhere. It is a constant of the bundle,
 * so no environment, setting or caller can change whom the authority believes; tests make bundles of
 * their own, with another constant here.
 */
export const ORIGIN: string | undefined = undefined;
