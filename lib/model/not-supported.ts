import type { Diagnostic } from '../diagnostic.js';
import { type ElementPath, elementPath } from './element-path.js';
import type { PlainModel } from './plain-model.js';

/** What the vocabulary has a word for and this release does not build: said, never ignored. */
export function notSupportedDiagnostics(model: PlainModel): Diagnostic[] {
  const found: Diagnostic[] = [];
  const report = (path: ElementPath, what: string) => {
    const remedy = 'leave it out until a release supports it';
    const message = `${what} not supported yet`;
    found.push({ code: 'not-supported-yet', severity: 'error', path: elementPath(path), message, remedy });
  };
  for (const [name, service] of Object.entries(model.services)) {
    const path = ['services', name];
    if (service.protocol === 'tcp') report([...path, 'protocol'], 'TCP services are');
    if (service.login) report([...path, 'login'], 'browser login is');
    if (service.webSocket) report([...path, 'webSocket'], 'WebSocket upgrades are');
    if (service.runsOn) report([...path, 'runsOn'], 'platforms on several engines are');
  }
  if (model.egress && model.egress.length > 0) report(['egress'], 'calls that leave the platform are');
  if (model.data && Object.keys(model.data).length > 0) report(['data'], 'data stores are');
  model.access.forEach((rule, index) => {
    const path = ['access', index];
    rule.operations.forEach((operation, at) => {
      if (operation === 'tcp') report([...path, 'operations', at], 'TCP connections are');
    });
    const [key, conditions = []] = rule.effect === 'allow' ? ['when', rule.when] : ['unless', rule.unless];
    conditions.forEach((condition, at) => {
      if (condition.kind !== 'senderConstrained' || condition.by !== 'dpop') return;
      report([...path, key, at], 'tokens bound by DPoP are');
    });
  });
  return found;
}
