/** One line of JSON on standard output: `{ "event": …, "time": …, … }`. Never a key, a token or a credential. */
export type Log = (event: string, fields?: Readonly<Record<string, unknown>>) => void;

export const log: Log = (event, fields) => {
  process.stdout.write(`${JSON.stringify({ event, time: new Date().toISOString(), ...fields })}\n`);
};
