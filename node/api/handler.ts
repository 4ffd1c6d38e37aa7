import type { Request, Respond } from '../exec/requests.ts'
import type { NodeStatus } from './status.ts'

/** What the services ask of the node that they stand for. */
export interface ApiHandler {
  /**
   * Answers exactly once for each call, sometimes before it returns. A request that still waits for its turn at its
   * deadline is answered soon after; one that has been executed when it is known what was chosen, or that this node
   * leads no longer, however late that is.
   */
  submit(request: Request, respond: Respond): void
  /** `hash`: also hash the whole state, which reads every entry. */
  status(hash: boolean): Promise<NodeStatus>
  /** The node's monotonic clock, ms: `Request.deadlineMs` is by it. */
  nowMs(): number
  /** The addresses of all nodes, where callers are to tell how far they are from them; none: nobody wants to know. */
  readonly measured?: readonly string[]
  /** Once true, new requests are refused with the code `closed`. */
  readonly stopping: boolean
}
