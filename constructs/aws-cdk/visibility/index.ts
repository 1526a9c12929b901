export { AlarmTopic, type AlarmTopicProps } from './alarm-topic.js';
export {
  type CertificateAge,
  type Issuance,
  SecurityAlarms,
  type SecurityAlarmsProps,
} from './security-alarms.js';
export { SecurityDashboard, type SecurityDashboardProps } from './security-dashboard.js';
