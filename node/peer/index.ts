export { grpcPeers } from './grpc.ts'
export { createMemoryNetwork, type MemoryNetwork } from './memory.ts'
export type {
  FormMessage,
  PeerEvents,
  PeerMessage,
  PeerTransport,
  PeerTransportFactory,
  PingMessage,
} from './transport.ts'
