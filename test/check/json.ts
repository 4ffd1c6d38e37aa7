/** What a history holds as keys' values, parameters and results. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Equal values give the same name and different ones different names, whatever the order of an object's members. */
export function nameOf(value: Json): string {
  return JSON.stringify(value, (_name, inner: unknown) =>
    isObject(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  )
}

/** A value as people are shown it: long ones without their middle. */
export function show(value: Json): string {
  const text = JSON.stringify(value)
  return text.length <= SHOWN_LENGTH_MAX ? text : `${text.slice(0, SHOWN_HEAD)}…${text.slice(-SHOWN_TAIL)}`
}

const SHOWN_LENGTH_MAX = 120
const SHOWN_HEAD = 60
const SHOWN_TAIL = 50
