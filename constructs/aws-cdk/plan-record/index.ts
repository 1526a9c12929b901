export {
  type IPlanRecord,
  PlanRecord,
  type PlanRecordAttributes,
  type PlanRecordProps,
} from './plan-record.js';
