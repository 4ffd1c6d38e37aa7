export { Forwarder } from './forwarder.ts'
export { serveForwarded } from './incoming.ts'
