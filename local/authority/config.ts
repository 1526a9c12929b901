import { z } from 'zod';

/** The file that `--config` names. Paths are absolute. */
export const authorityConfigSchema = z.strictObject({
  /** The plan's file. */
  plan: z.string(),
  /** The folder with the private keys of roots and issuing certificates; nobody else may enter it. */
  state: z.string(),
  /** The folder that the points read; see `layout.ts`. */
  secrets: z.string(),
  /** A UNIX socket that takes commands; see `main.ts`. @default none */
  control: z.string().optional(),
  /** Names and addresses of the gateway besides the services' public hosts. @default ['localhost'] */
  gatewayHosts: z.array(z.string()).default(['localhost']),
});

export type AuthorityConfig = z.output<typeof authorityConfigSchema>;
