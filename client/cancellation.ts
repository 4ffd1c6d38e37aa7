/** What to call when a signal fires, of all that wait for it. One signal is often shared by very many calls. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>()

/**
 * Calls `cancel` once when the signal fires; the result takes that back. However many wait for one signal, it has one
 * listener: Node warns of a leak at the eleventh.
 */
export function onAbort(signal: AbortSignal, cancel: () => void): () => void {
  const all = waiting.get(signal) ?? listen(signal)
  // A wrapper: the same function may be given twice.
  const entry = () => cancel()
  all.add(entry)
  return () => all.delete(entry)
}

function listen(signal: AbortSignal): Set<() => void> {
  const all = new Set<() => void>()
  waiting.set(signal, all)
  signal.addEventListener(
    'abort',
    () => {
      const fired = [...all]
      all.clear()
      for (const cancel of fired) cancel()
    },
    { once: true },
  )
  return all
}
