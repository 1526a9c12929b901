import { isRecord, listOf, resourcesOf } from '../template.js';
import type { Law } from './law.js';

/** Containers of the platform's own, by name; an application's are the user's. */
const OWN = /^(?:sidecar|gateway|egress|key-tunnel|keys)$/;

export const ownContainersAreConfined: Law = {
  name: "the platform's own containers run as nobody, with nothing to write on and no capability",
  broken: (templates) =>
    resourcesOf(templates, 'AWS::ECS::TaskDefinition').flatMap(({ at, properties }) =>
      listOf(properties['ContainerDefinitions'])
        .filter(isRecord)
        .filter(({ Name }) => OWN.test(String(Name)))
        .flatMap((container) => {
          const linux = isRecord(container['LinuxParameters']) ? container['LinuxParameters'] : {};
          const dropped = isRecord(linux['Capabilities']) ? listOf(linux['Capabilities']['Drop']) : [];
          const user = Number.parseInt(String(container['User']), 10);
          return [
            ...(container['ReadonlyRootFilesystem'] === true ? [] : ['may write to its root']),
            ...(user > 0 ? [] : [`runs as ${String(container['User'])}`]),
            ...(dropped.includes('ALL') ? [] : ['keeps capabilities']),
            ...(container['Privileged'] === true ? ['is privileged'] : []),
          ].map((what) => `${at}: ${String(container['Name'])} ${what}`);
        }),
    ),
};

export const functionsAreCurrent: Law = {
  name: "the platform's functions run on Node 24 and Arm",
  broken: (templates) =>
    resourcesOf(templates, 'AWS::Lambda::Function').flatMap(({ at, properties }) => [
      ...(properties['Runtime'] === 'nodejs24.x'
        ? []
        : [`${at} runs on ${JSON.stringify(properties['Runtime'])}`]),
      ...(listOf(properties['Architectures']).includes('arm64') ? [] : [`${at} is not for Arm`]),
    ]),
};
