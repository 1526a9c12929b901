/** The name of the file beside the bundle. */
export const DATA_FILE = 'policy.json';
/** The environment variable with the values of the file's refs: one JSON object of whole values. */
export const REFS_VARIABLE = 'ZTP_REFS';
