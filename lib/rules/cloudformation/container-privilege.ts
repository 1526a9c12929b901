import { type TemplateCheck, violation } from './support/check.js';
import { everyItem } from './support/every-value.js';
import { at, boolean, text, words } from './support/read.js';
import { Text, type Value } from './support/value.js';

const KEYS = ['User', 'ReadonlyRootFilesystem', 'Privileged'];

export const containerPrivilege: TemplateCheck = {
  id: 'container-privilege',
  severity: 'warning',
  reason:
    'As root, with a root file system that can be written or with privileges of the host, a flaw in the application is a place to stay and a step to the sidecar beside it.',
  fix: 'Set `User` to a number other than 0, `ReadonlyRootFilesystem` to true (with volumes for what is written), and leave `Privileged` out.',
  types: ['AWS::ECS::TaskDefinition'],
  run(task, reading) {
    // Windows containers have neither.
    if (/^WINDOWS/i.test(words(at(reading.get(task, 'RuntimePlatform'), 'OperatingSystemFamily')))) return [];
    return everyItem(task, 'ContainerDefinitions', KEYS, reading, (container, index) => {
      const faults = faultsOf(container);
      if (faults.length === 0) return [];
      const detail = { found: faults.join(', '), expected: 'a numeric user, a read-only root' };
      return [violation(['ContainerDefinitions', index], 'the container may do more than it needs', detail)];
    });
  },
};

function faultsOf(container: Value): string[] {
  const user = text(at(container, 'User'));
  const root = user === undefined || (!(user instanceof Text) && /^(?:root|0+)(?::.*)?$/i.test(user));
  const readOnly = boolean(at(container, 'ReadonlyRootFilesystem'));
  const faults: string[] = [];
  if (root) faults.push(user === undefined ? 'no user, so that of the image' : 'root');
  if (readOnly !== true && !(readOnly instanceof Text)) faults.push('a root file system that can be written');
  if (boolean(at(container, 'Privileged')) === true) faults.push('privileged');
  return faults;
}
