import schema from './decision-log.schema.json';

/**
 * One line of the decision log, as every enforcement point writes it: version 1 of
 * `decision-log.schema.json`, where each property is described.
 */
export interface DecisionLogEntry {
  readonly version: 1;
  readonly time: string;
  readonly point: string;
  readonly traceparent?: string;
  readonly requestId?: string;
  readonly peer?: string;
  readonly subject?: string;
  readonly issuer?: string;
  readonly service?: string;
  readonly destination?: string;
  readonly method?: string;
  readonly path?: string;
  readonly operation?: string;
  readonly decision: 'allow' | 'refuse' | 'preflight' | 'login';
  readonly status: number;
  readonly reason?: string;
  readonly rule?: string;
  readonly wouldRefuse?: string;
  readonly wouldAllow?: string;
  /** Milliseconds. */
  readonly duration?: number;
}

/** The JSON Schema (2020-12) of a line. */
export const decisionLogSchema: Readonly<Record<string, unknown>> = schema;
