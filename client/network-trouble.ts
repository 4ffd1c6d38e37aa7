/** What systems and grpc-js call the reasons for which there is no connection, and what we call them. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/ECONNREFUSED/, 'nothing listens there'],
  [/Name resolution failed|ENOTFOUND|EAI_AGAIN/, 'no host of this name is known'],
  [/EHOSTUNREACH|ENETUNREACH/, 'no way leads there'],
  [/protocol error|HTTP\/2|HTTP status|wrong version/i, 'what listens there is no Decree node'],
  [
    /Failed to connect|ECONNRESET|socket hang up/,
    'what listens there ends the connection before a word: it is stopping, or no Decree node',
  ],
]

/** In plain words, why a connection could not be made; the words of grpc-js where there are no plainer ones. */
export function plainTrouble(details: string): string {
  const plain = REASONS.find(([pattern]) => pattern.test(details))?.[1]
  if (plain !== undefined) return plain
  return /Last error: (?:Error: )?(.*?)\.? Resolution note/.exec(details)?.[1] ?? details
}
