/** Monotonic time, ms, the same in all threads of the process (`performance.now()` counts from each one's own start). */
export function clockMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
