import { explainLogged } from '../lib/insight/logged.js';
import type { DecisionLogEntry } from '../lib/plan/decision-log.js';
import type { Engine } from '../lib/model/service.js';
import { decisionLine } from './decision-line.js';
import { cliError } from './error.js';
import { explanationText, shownRequest } from './explain-model.js';
import { loadPlan } from './load-plan.js';
import { styled, wrap } from './text.js';

/** What `ztp explain --line` prints: the way of the request that a line of the decision log is about. */
export async function explainLine(
  path: string,
  text: string,
  { engine, json }: { readonly engine: Engine; readonly json?: boolean },
): Promise<string> {
  const plan = await loadPlan(path, engine);
  const line = read(text);
  if (line.service === undefined || plan.services[line.service] === undefined) {
    throw cliError('line-without-service', '--line', 'the line is about no service of the model', {
      ...(line.service !== undefined && { found: line.service }),
      expected: Object.keys(plan.services).join(', '),
    });
  }
  const { call, explanation, assumed, agrees } = explainLogged(plan, line);
  if (json)
    return `${JSON.stringify({ request: shownRequest(call), assumed, agrees, ...explanation }, undefined, 2)}\n`;
  const who = line.issuer === undefined ? 'without a valid token' : `with a token of ${line.issuer}`;
  const beyond = Object.keys(assumed);
  return [
    decisionLine(line.point, text),
    '',
    explanationText(call, who, explanation, true),
    ...(beyond.length === 0
      ? []
      : ['', wrap(`The log has no claims. Assumed, as the rule needs it: ${JSON.stringify(assumed)}`)]),
    ...(agrees
      ? []
      : [
          '',
          styled(
            'red',
            wrap(
              'The model decides otherwise than the line says: it is another model, or the caller was somebody whom the line does not tell.',
            ),
          ),
        ]),
    '',
  ].join('\n');
}

function read(text: string): DecisionLogEntry {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const line = value as Partial<DecisionLogEntry> | null | undefined;
  const isLine =
    typeof line === 'object' &&
    line !== null &&
    typeof line.point === 'string' &&
    typeof line.decision === 'string' &&
    Number.isFinite(Date.parse(String(line.time)));
  if (!isLine) {
    throw cliError('line-unreadable', '--line', 'it is no line of the decision log', {
      expected: '{"version":1,"time":"…","point":"gateway","decision":"refuse",…}',
    });
  }
  return line as DecisionLogEntry;
}
