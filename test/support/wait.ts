/**
 * Waits until `check` returns something other than undefined or false, asking every few milliseconds, and gives that.
 * Throws after `timeoutMs` (default 30 s), with the last error that `check` threw, if any.
 */
export async function waitFor<T>(
  what: string,
  check: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = 30_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs
  let cause: unknown
  for (;;) {
    try {
      const result = await check()
      if (result !== undefined && result !== false) return result
    } catch (error) {
      cause = error
    }
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms for ${what}`, { cause })
    await new Promise((resolve) => {
      setTimeout(resolve, 20)
    })
  }
}
