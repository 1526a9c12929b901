export { AlarmTopic, type AlarmTopicProps } from './alarm-topic.js';
export type { ArchiveLock } from './archive-bucket.js';
export { AuditTrail, type AuditTrailProps } from './audit-trail.js';
export { DecisionQueries, type DecisionQueriesProps } from './decision-queries.js';
export {
  type ArchivedLog,
  type Delivery,
  LogArchive,
  type LogArchiveProps,
  type RecordedTraffic,
} from './log-archive.js';
export { type DecisionQuery, QUERY_PACK } from './query-pack.js';
export { RefusalCount, type RefusalCountProps, type RefusingPoints } from './refusal-count.js';
export { RuleAlarm, type RuleAlarmProps } from './rule-alarm.js';
export {
  type CertificateAge,
  type Issuance,
  type Refusals,
  SecurityAlarms,
  type SecurityAlarmsProps,
} from './security-alarms.js';
export { SecurityDashboard, type SecurityDashboardProps } from './security-dashboard.js';
