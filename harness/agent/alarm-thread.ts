import { parentPort, workerData } from 'node:worker_threads'
import { ringAlarms } from '../engine/alarm.ts'

/** What the thread is started with that wakes the others. */
export interface AlarmAssignment {
  alarm: SharedArrayBuffer
}

/** What the alarm's thread does until it is ended: it reports ready, and wakes the load threads. */
export function serveAlarm(): never {
  parentPort?.postMessage('ready')
  return ringAlarms((workerData as AlarmAssignment).alarm)
}
