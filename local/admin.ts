export * from '../lib/point/admin.js';
