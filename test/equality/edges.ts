import { decide } from '../../lib/policy/decide.js';
import type { PolicyIndex } from '../../lib/policy/index-rules.js';
import { DecisionPoint } from './decision-point.js';
import type { EdgeAnswer, EdgeOptions, EdgePoint } from './edge-point.js';
import { HandlerPoint } from './handler-point.js';
import { stricterOutcome } from './stricter.js';
import type { Posed } from './world.js';

/** The bundled code in each form in which it is asked. */
export function edgePoints(options: EdgeOptions): readonly EdgePoint[] {
  return [
    new HandlerPoint('REST API', options),
    new HandlerPoint('HTTP API', options),
    new DecisionPoint(options),
  ];
}

/** Ask every point, and say in what each differs from what it is to answer. */
export async function askEdges(
  edges: readonly EdgePoint[],
  index: PolicyIndex,
  posed: Posed,
): Promise<string[]> {
  const said = await Promise.all(
    edges.map(async (edge) => differenceAt(edge, index, posed, await edge.ask(posed))),
  );
  return said.filter((text) => text !== undefined);
}

function differenceAt(
  edge: EdgePoint,
  index: PolicyIndex,
  posed: Posed,
  { status, line }: EdgeAnswer,
): string | undefined {
  const seen = edge.seenBy(index, posed.request);
  const decision = decide(index, seen);
  const stricter = stricterOutcome(edge.form, index, posed, seen, decision);
  const outcome = stricter ?? decision.outcome;
  const wanted = edge.statusOf(outcome);
  if (status !== wanted) {
    const why = stricter === undefined ? decision.reason : 'stricter by its table';
    return `${edge.form}: ${outcome} (${why}) is ${wanted}; answered ${status} (${line?.reason})`;
  }
  if (stricter !== undefined || line === undefined) return undefined;
  const { rule, operation, wouldRefuse, wouldAllow } = decision;
  const said = [rule, operation, wouldRefuse, wouldAllow];
  const logged = [line.rule, line.operation, line.wouldRefuse, line.wouldAllow];
  if (JSON.stringify(said) === JSON.stringify(logged)) return undefined;
  return `${edge.form}: decide: ${JSON.stringify(said)}; logged: ${JSON.stringify(logged)}`;
}
