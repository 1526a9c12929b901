import { isRecord, listOf, resourcesOf } from '../template.js';
import type { Law } from './law.js';

const ALL_CALLS = 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS';

/** A rule that is merely enabled is not given calls that only read, and CloudTrail takes a signature for one. */
export const rulesSeeEveryCall: Law = {
  name: 'a rule over calls that CloudTrail tells of is given those that only read too',
  broken: (templates) =>
    resourcesOf(templates, 'AWS::Events::Rule').flatMap(({ at, properties }) => {
      const pattern = isRecord(properties['EventPattern']) ? properties['EventPattern'] : {};
      if (!listOf(pattern['detail-type']).includes('AWS API Call via CloudTrail')) return [];
      return properties['State'] === ALL_CALLS ? [] : [`${at} has the state ${String(properties['State'])}`];
    }),
};
