import type { Diagnostic } from '../diagnostic.js';
import type { Engine } from './service.js';
import { type ElementPath, elementPath } from './element-path.js';
import type { PlainModel } from './plain-model.js';

/** What this release builds, but not on every engine yet. */
export function notOnThisEngine(model: PlainModel, engine: Engine): Diagnostic[] {
  if (engine === 'local') return [];
  const found: Diagnostic[] = [];
  const report = (path: ElementPath, message: string, remedy: string) =>
    found.push({ code: 'not-supported-yet', severity: 'error', path: elementPath(path), message, remedy });
  if (model.egress && model.egress.length > 0) {
    report(
      ['egress'],
      `calls that leave the platform are not supported yet on ${engine}`,
      'leave it out there until a release supports it; without it nothing is let out',
    );
  }
  for (const [name, service] of Object.entries(model.services)) {
    if (!service.login) continue;
    report(
      ['services', name, 'login'],
      `browser login at the gateway is not supported yet on ${engine}`,
      'leave it out there until a release supports it; callers then bring their tokens themselves',
    );
  }
  return found;
}

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
    if (service.webSocket) report([...path, 'webSocket'], 'WebSocket upgrades are');
    if (service.runsOn) report([...path, 'runsOn'], 'platforms on several engines are');
  }
  if (model.data && Object.keys(model.data).length > 0) report(['data'], 'data stores are');
  model.access.forEach((rule, index) => {
    const path = ['access', index];
    rule.operations.forEach((operation, at) => {
      if (operation === 'tcp') report([...path, 'operations', at], 'TCP connections are');
    });
  });
  return found;
}
