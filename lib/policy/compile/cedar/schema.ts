import type { JsonObject } from '../../request.js';
import { NAMESPACE, segmentKey } from './names.js';
import type { Vocabulary } from './vocabulary.js';

/** A schema in Cedar's JSON form: one namespace. */
export type CedarSchema = JsonObject;

const STRING = { type: 'String' };
const BOOLEAN = { type: 'Boolean' };
const LONG = { type: 'Long' };
const STRINGS = { type: 'Set', element: STRING };

/**
 * One kind of caller, whose attributes say who it is; one resource for each service; one kind of request.
 * Everything that may be missing is optional, so that strict validation wants each use of it guarded: an
 * expression that fails would make Cedar skip its policy, and to skip a deny is to admit.
 */
export function schemaOf(vocabulary: Vocabulary): CedarSchema {
  const appliesTo = {
    principalTypes: ['Caller'],
    resourceTypes: ['Service'],
    context: { type: 'RequestContext' },
  };
  return {
    [NAMESPACE]: {
      commonTypes: {
        Token: record({
          issuer: STRING,
          signInAge: optional(LONG),
          texts: record(each(vocabulary.texts.keys(), optional(STRINGS))),
          values: record(each(vocabulary.values.keys(), optional(STRING))),
        }),
        RequestContext: record({
          method: STRING,
          path: record(
            each(
              Array.from({ length: vocabulary.segments }, (_, at) => segmentKey(at)),
              STRING,
            ),
          ),
          now: LONG,
          source: optional({ type: 'Extension', name: 'ipaddr' }),
          sourceJudged: BOOLEAN,
          bound: BOOLEAN,
          proved: BOOLEAN,
          closed: BOOLEAN,
          withdrawn: STRINGS,
          vocabulary: STRING,
        }),
      },
      entityTypes: {
        Caller: {
          shape: record({
            throughGateway: BOOLEAN,
            peer: optional(STRING),
            token: optional({ type: 'Token' }),
          }),
        },
        Service: {},
      },
      actions: { call: { appliesTo }, stepUp: { appliesTo }, challenge: { appliesTo } },
    },
  };
}

function record(attributes: JsonObject): JsonObject {
  return { type: 'Record', attributes };
}

function optional(type: JsonObject): JsonObject {
  return { ...type, required: false };
}

function each(names: Iterable<string>, type: JsonObject): JsonObject {
  return Object.fromEntries([...names].map((name) => [name, type]));
}
