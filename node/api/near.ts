import type { handleUnaryCall, Server } from '@grpc/grpc-js'
import { type NearRequest, type NearResponse, NearService } from '../../proto/gen/decree/v1/store.ts'
import { short } from './unary.ts'

/** Nodes that a caller may tell of, at most: more are a stranger's. */
const NODES_MAX = 64

/** Takes what callers tell of where they are, as a report of their calls and of their distances from addresses, ms. */
export function serveNear(
  server: Server,
  near: (report: { readonly calls: number; readonly distances: ReadonlyMap<string, number> }) => void,
): void {
  const report: handleUnaryCall<NearRequest, NearResponse> = ({ request: { calls, distances } }, send) => {
    near({ calls, distances: new Map(distances.slice(0, NODES_MAX).map(({ address, ms }) => [address, ms])) })
    send(null, {})
  }
  const { requestDeserialize } = NearService.report
  server.addService({ report: { ...NearService.report, requestDeserialize: short(requestDeserialize) } }, { report })
}
