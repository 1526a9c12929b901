import type { Plan } from '../../../lib/plan/plan.js';
import { type Documents, type DocumentName, mapDocuments } from './documents.js';
import { POINTS } from './model.js';
import { type Names, type Node, shapesOf, shapeText, without } from './shape.js';
import { generated } from './world.js';

/** A configuration without one of the things that it is made of. */
export interface Mutant {
  readonly id: string;
  /** The keys of the points whose configuration has it; the further ones are asked if it survives at the first. */
  readonly points: readonly string[];
  readonly document: DocumentName;
  /** The documents of the point without it. */
  readonly apply: (documents: Documents) => Documents;
}

/** Short documents that are written out by hand: there every place of a list has a meaning of its own. */
const PLACES: Readonly<Record<DocumentName, boolean>> = {
  bootstrap: true,
  routes: false,
  server: true,
  peers: true,
  edge: true,
};

/** Below these a policy is an expression, of which the leaves are taken; elsewhere whatever holds leaves as well. */
const EXPRESSION = new Set(['permissions', 'principals', 'condition']);

/**
 * One mutant per distinct shape of what is generated for the points: each leaf deleted, and outside
 * of the policies' expressions each thing that holds leaves. Derived from the bytes, in their order;
 * shapes whose deletion leaves the same bytes are one mutant.
 */
export function mutantsOf(plan: Plan): Mutant[] {
  const names = namesOf(plan);
  const mutants = new Map<string, Mutant & { points: string[] }>();
  for (const point of POINTS) {
    const kind = point === 'gateway' ? 'gateway' : 'sidecar';
    const documents = generated(plan, point, '/secrets');
    for (const [name, document] of Object.entries(documents) as [DocumentName, Node][]) {
      const results = new Set<string>();
      const shapes = shapesOf(document, names, PLACES[name]);
      const holders = new Set(shapes.map((shape) => shapeText(shape.slice(0, -1))));
      for (const shape of shapes) {
        const id = `${kind} ${name} ${shapeText(shape)}`;
        const inExpression = shape.slice(0, -1).some((label) => EXPRESSION.has(label));
        if (inExpression && holders.has(shapeText(shape))) continue;
        const result = JSON.stringify(without(document, shape, names, PLACES[name]));
        if (results.has(result)) continue;
        results.add(result);
        const known = mutants.get(id);
        if (known) {
          known.points.push(point);
          continue;
        }
        const apply = (given: Documents) =>
          mapDocuments(given, (each, at) => (at === name ? without(each, shape, names, PLACES[name]) : each));
        mutants.set(id, { id, points: [point], document: name, apply });
      }
    }
  }
  return [...mutants.values()];
}

/** What the model calls things, and what is derived from it. */
function namesOf(plan: Plan): Names {
  const services = Object.values(plan.services);
  const rules = Object.values(plan.policy.services).flatMap((service) => service.rules.map(({ id }) => id));
  return {
    names: new Set([
      ...Object.keys(plan.services),
      ...services.map(({ authority }) => authority),
      ...Object.keys(plan.issuers),
      ...rules,
      plan.trustDomain,
    ]),
  };
}
