import type { Server } from '@grpc/grpc-js'
import { HealthImplementation } from 'grpc-health-check'

/** Serves gRPC's health checking protocol for the node as a whole and for `decree.v1.Store`. Not serving at first. */
export function serveHealth(server: Server): { setServing(serving: boolean): void } {
  const health = new HealthImplementation(Object.fromEntries(SERVICES.map((service) => [service, 'NOT_SERVING'])))
  health.addToServer(server)
  return {
    setServing: (serving) => {
      for (const service of SERVICES) health.setStatus(service, serving ? 'SERVING' : 'NOT_SERVING')
    },
  }
}

/** The empty name stands for the whole server. */
const SERVICES = ['', 'decree.v1.Store'] as const
