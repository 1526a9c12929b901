import { checkNode } from './node-version.js';

// The first import of each entry point: an older Node would fail later, and say nothing of why.
checkNode(process.versions.node);
