import { GetParametersByPathCommand, type SSMClient } from '@aws-sdk/client-ssm';
import {
  type IdentityRecord,
  identityRecordName,
  parseIdentityRecord,
  recordsOfRole,
} from '../../lib/authority/identity-record.js';
import type { CallerIdentity } from './caller-identity.js';
import { Refusal } from './refusal.js';

/** The identity records of one platform. */
export interface IdentityRecords {
  /** The one record of the role that signed. Throws `unknown-identity` for none, several or another. */
  of(caller: CallerIdentity): Promise<IdentityRecord>;
}

/** Records in Systems Manager's parameter store, read anew each time, so that one taken away counts at once. */
export function parameterRecords(ssm: SSMClient, platform: string): IdentityRecords {
  return {
    of: async (caller) => {
      const path = recordsOfRole(platform, caller.roleId);
      const found = await ssm.send(
        new GetParametersByPathCommand({ Path: path, Recursive: true, MaxResults: 10 }),
      );
      const [parameter, ...more] = found.Parameters ?? [];
      if (parameter === undefined) throw unknown(`no identity record under ${path}`);
      if (more.length > 0 || found.NextToken !== undefined) {
        const names = [parameter, ...more].map(({ Name }) => Name).join(', ');
        throw unknown(`more than one identity record: ${names}`);
      }
      const record = readRecord(parameter.Value ?? '');
      if (parameter.Name !== identityRecordName(platform, record.roleId, lastSegment(parameter.Name))) {
        throw unknown(`the record ${parameter.Name} is not where its role's is`);
      }
      const same = (['account', 'roleName', 'roleId'] as const).every(
        (name) => record[name] === caller[name],
      );
      if (!same) throw unknown(`the record ${parameter.Name} is of another role`);
      return record;
    },
  };
}

function readRecord(text: string): IdentityRecord {
  try {
    return parseIdentityRecord(text);
  } catch (error) {
    throw unknown((error as Error).message);
  }
}

function lastSegment(name = ''): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

function unknown(message: string): Refusal {
  return new Refusal('unknown-identity', message);
}
