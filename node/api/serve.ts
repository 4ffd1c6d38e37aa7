import type { Server } from '@grpc/grpc-js'
import type { ApiHandler } from './handler.ts'
import { Intake } from './intake.ts'
import { serveLattiStore } from './lattistore.ts'
import { serveStore } from './store.ts'

/**
 * Serves clients on `server`: `decree.v1.Store` and LattiStore's `client.KV`. Call it before the server is bound,
 * once; the server should have been made with `SERVER_OPTIONS`.
 *
 * `close`: from now on new requests are refused with the code `closed`, certainly without effect; requests under way
 * are answered as their answers come, and each stream ends behind its last one. Idempotent.
 */
export function serveClients(server: Server, handler: ApiHandler): { close(): void } {
  let closed = false
  const gate: ApiHandler = {
    submit: (request, respond) => handler.submit(request, respond),
    status: (hash) => handler.status(hash),
    nowMs: () => handler.nowMs(),
    get measured() {
      return handler.measured ?? []
    },
    get stopping() {
      return closed || handler.stopping
    },
  }
  const intake = new Intake()
  serveLattiStore(server, gate, intake)
  const store = serveStore(server, gate, intake)
  return {
    close: () => {
      closed = true
      store.close()
    },
  }
}
