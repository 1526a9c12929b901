import { FilterPattern, type IFilterPattern } from 'aws-cdk-lib/aws-logs';

/** The lines of a log with these fields: texts and numbers of the top level, all of them. */
export function linesWith(fields: Readonly<Record<string, string | number>>): IFilterPattern {
  const conditions = Object.entries(fields).map(([name, value]) => `$.${name} = ${JSON.stringify(value)}`);
  return FilterPattern.literal(`{ ${conditions.join(' && ')} }`);
}
