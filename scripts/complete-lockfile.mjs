// Completes package-lock.json with the optional packages of other platforms. npm leaves out of it an
// optional package that the registry in use does not serve (a mirror with some platforms only), and
// `npm ci` then refuses the lockfile, everywhere. npm runs this after each change of the dependencies.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('../package-lock.json', import.meta.url));
const lock = JSON.parse(readFileSync(file, 'utf8'));

const systems = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
];
const processors = ['arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64', 'arm'];

const added = [];
for (const [where, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const missing = !isLocked(where, name);
    const platform = platformOf(name);
    // A range, or a name that says no platform, is nothing that can be written down without asking.
    if (!missing || platform === undefined || !/^\d/.test(version)) continue;
    const { cpu, libc, os } = platform;
    // In the order in which npm writes them.
    const entry = { version, cpu, ...(dev && { dev }), ...(libc && { libc }), optional: true, os };
    lock.packages[`node_modules/${name}`] = entry;
    added.push(name);
  }
}

if (added.length > 0) {
  const byPath = ([a], [b]) => (a < b ? -1 : 1);
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(byPath));
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`package-lock.json: added ${added.length} optional packages of other platforms`);
}

/** Whether Node's look-up, from folder to folder upwards, finds an entry. */
function isLocked(where, name) {
  for (let folder = where; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
    if (lock.packages[`${folder === '' ? '' : `${folder}/`}node_modules/${name}`] !== undefined) return true;
    if (folder === '') return false;
  }
}

/** The platform in a name such as `@swc/core-linux-arm-gnueabihf`, by which npm knows not to fetch it. */
function platformOf(name) {
  const words = name.split(/[-/]/);
  const os = systems.find((system) => words.includes(system));
  const cpu = processors.find((processor) => words.includes(processor));
  if (os === undefined || cpu === undefined) return undefined;
  const libc = words.includes('musl') || words.includes('musleabihf') ? 'musl' : 'glibc';
  return { os: [os], cpu: [cpu], ...(os === 'linux' && { libc: [libc] }) };
}
