import type { Diagnostic } from '../diagnostic.js';
import type { Engine } from './service.js';
import { directoryOf } from './directory.js';
import { type ElementPath, elementPath } from './element-path.js';
import type { PlainModel } from './plain-model.js';

/** What this release builds, but not on every engine yet. */
export function notOnThisEngine(model: PlainModel, engine: Engine): Diagnostic[] {
  if (engine === 'local') return [];
  const found: Diagnostic[] = [];
  const report = (path: ElementPath, what: string, remedy: string) => {
    const message = `${what} not supported yet on ${engine}`;
    found.push({ code: 'not-supported-yet', severity: 'error', path: elementPath(path), message, remedy });
  };
  const leaveOut = (what: string) => `leave it out there until a release supports it; ${what}`;
  // The constructs of these make what closes every other way.
  if (model.egress && model.egress.length > 0 && engine !== 'aws' && engine !== 'kubernetes') {
    report(['egress'], 'calls that leave the platform are', leaveOut('without it nothing is let out'));
  }
  for (const [name, { login, protocol }] of Object.entries(model.services)) {
    const path = ['services', name];
    // The constructs of AWS lead browsers to the gateway.
    if (login && engine !== 'aws') {
      const remedy = leaveOut('callers then bring their tokens themselves');
      report([...path, 'login'], 'browser login at the gateway is', remedy);
    }
    // The mesh of AWS has the same Envoys as one machine, that of Kubernetes Istio's.
    if (protocol !== 'tcp' || engine === 'aws' || engine === 'kubernetes') continue;
    report([...path, 'protocol'], 'TCP services are', 'leave it out there until a release supports it');
  }
  return [...found, ...(engine === 'aws' ? [] : directoriesOn(engine, model))];
}

/** What stands for the ids of a directory would never be replaced: AWS alone makes one. */
function directoriesOn(engine: Engine, { identity }: PlainModel): Diagnostic[] {
  return Object.entries(identity?.providers ?? {})
    .filter(([, { issuer }]) => directoryOf(issuer) !== undefined)
    .map(([name, { issuer }]) => ({
      code: 'not-supported-yet',
      severity: 'error',
      path: elementPath(['identity', 'providers', name]),
      message: `a directory that the deployment makes is not supported yet on ${engine}`,
      found: `cognito({ directory: ${JSON.stringify(directoryOf(issuer))} })`,
      expected: 'the engine aws, or local',
      remedy: 'name a pool that exists: cognito({ region, userPoolId })',
    }));
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
    if (service.webSocket) report([...path, 'webSocket'], 'WebSocket upgrades are');
    if (service.runsOn) report([...path, 'runsOn'], 'platforms on several engines are');
  }
  return found;
}
