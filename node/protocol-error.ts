/** What came from a peer, a client or a disk breaks the contract. The message is one sentence that says how. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
}
