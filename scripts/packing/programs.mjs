// The small programs that the packing test runs or type-checks against the installed tarball.

/** Loads each subpath both ways, and sees that both give the same names. */
export function loaders(name, subpaths) {
  const specifiers = JSON.stringify(subpaths.map((subpath) => name + subpath.slice(1)));
  return {
    'require.cjs': `
      for (const specifier of ${specifiers}) {
        if (Object.keys(require(specifier)).length === 0) throw new Error(specifier + ' exports nothing');
      }
    `,
    'import.mjs': `
      import { createRequire } from 'node:module';
      const require = createRequire(import.meta.url);
      const added = new Set(['default', 'module.exports', '__esModule']);
      const names = (loaded) => Object.keys(loaded).filter((key) => !added.has(key)).sort().join();
      for (const specifier of ${specifiers}) {
        if (specifier.endsWith('.json')) continue;
        const [imported, required] = [names(await import(specifier)), names(require(specifier))];
        if (imported !== required) throw new Error(specifier + ': ' + imported + ' is not ' + required);
      }
    `,
  };
}

// The expected errors show that the declarations are found and are not \`any\`.
const program = (name) => `
  import * as platform from '${name}';
  import { ConstructError } from '${name}/aws-cdk';
  import type { MeshNetworkPolicies } from '${name}/cdk8s';
  import { engine as terraform } from '${name}/terraform';
  import { engine as pulumi } from '${name}/pulumi';

  export const engines: ['terraform', 'pulumi'] = [terraform, pulumi];
  export const patched = (part: MeshNetworkPolicies): string => part.object('NetworkPolicy', 'orders').kind;
  export const path = (error: ConstructError): string => error.constructPath;
  // @ts-expect-error
  export const wrong: 'pulumi' = terraform;
  // @ts-expect-error
  export const none = platform.thereIsNoSuchExport;
`;

const project = (compilerOptions) =>
  JSON.stringify({
    compilerOptions: { target: 'es2022', strict: true, noEmit: true, types: ['node'], ...compilerOptions },
  });

export function nodeProgram(name) {
  return {
    compiler: 'typescript',
    files: {
      'program.mts': program(name),
      'program.cts': program(name),
      // The declarations themselves are checked here, and only here: the libraries' are not ours to fix.
      'tsconfig.json': project({ module: 'nodenext', skipLibCheck: false }),
    },
  };
}

export function bundlerProgram(name) {
  return {
    compiler: 'typescript',
    files: {
      'program.ts': program(name),
      'tsconfig.json': project({ module: 'esnext', moduleResolution: 'bundler', skipLibCheck: true }),
    },
  };
}

export function legacyProgram(name) {
  return {
    compiler: 'typescript-older',
    files: {
      'program.ts': program(name),
      'tsconfig.json': project({ module: 'commonjs', moduleResolution: 'node10', skipLibCheck: true }),
    },
  };
}
