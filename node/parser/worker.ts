// The thread of a ParserThread: parses what it is given, one job after the other.
import { parentPort } from 'node:worker_threads'
import { type ParseJob, parseShape } from '../../lang/index.ts'

parentPort?.on('message', (job: ParseJob) => parentPort?.postMessage(parseShape(job)))
