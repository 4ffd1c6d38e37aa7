import { parseAddresses } from '../proto/address.ts'

/** The types that a file of settings can give a value in. */
export type JsonType = 'string' | 'number' | 'boolean' | 'list of strings'

/** What the values of a setting are, wherever they come from. */
export interface Kind<T> {
  /** How help shows a value; null: the flag takes none, and stands for `true`. */
  readonly argument: string | null
  /** Of the value, once it is read. */
  readonly unit: string | null
  /** What is allowed, as it stands behind "use". */
  readonly range: string
  /** Whether help must tell the range, because nobody could guess it. */
  readonly isClosed: boolean
  /** What a file may give it as. */
  readonly types: readonly JsonType[]
  /** Undefined for what is out of range; may throw an Error with a sentence that says more. */
  readonly read: (texts: readonly string[]) => T | undefined
}

export const ADDRESS: Kind<string> = {
  argument: '<ip[:port]>',
  unit: null,
  range: 'one address, ip or ip:port',
  isClosed: false,
  types: ['string'],
  read: (texts) => {
    const [address, more] = parseAddresses(texts)
    return more === undefined ? address : undefined
  },
}

export const ADDRESSES: Kind<readonly string[]> = {
  argument: '<addresses...>',
  unit: null,
  range: 'addresses, ip or ip:port, separated by spaces or commas',
  isClosed: false,
  types: ['string', 'list of strings'],
  read: (texts) => {
    const addresses = parseAddresses(texts)
    return addresses.length === 0 ? undefined : addresses
  },
}

export const PATH: Kind<string> = {
  argument: '<path>',
  unit: null,
  range: 'a path',
  isClosed: false,
  types: ['string'],
  read: ([text]) => (text === '' ? undefined : text),
}

export const SWITCH: Kind<boolean> = {
  argument: null,
  unit: null,
  range: 'true or false',
  isClosed: false,
  types: ['boolean'],
  read: ([text]) => (text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : undefined),
}

/** One of these words. */
export function choice<T extends string>(...words: readonly T[]): Kind<T> {
  return {
    argument: '<word>',
    unit: null,
    range: words.join(', ').replace(/, ([^,]*)$/, ' or $1'),
    isClosed: true,
    types: ['string'],
    read: ([text]) => words.find((word) => word === text),
  }
}

/** The shortest and the longest time that can be set, in milliseconds: the core's clock ticks every 10. */
const TIME_MS_MIN = 10
const TIME_MS_MAX = 3_600_000

/** A time in milliseconds: `250ms`, `5s`, or a bare number of milliseconds. */
export const TIME: Kind<number> = {
  argument: '<time>',
  unit: 'ms',
  range: 'a time from 10ms to 3600s, such as 250ms or 5s',
  isClosed: false,
  types: ['string', 'number'],
  read: ([text = '']) => {
    const match = /^(\d+(?:\.\d+)?)(ms|s)?$/.exec(text)
    const ms = match === null ? Number.NaN : Number(match[1]) * (match[2] === 's' ? 1_000 : 1)
    return ms >= TIME_MS_MIN && ms <= TIME_MS_MAX ? ms : undefined
  },
}

/** Like `TIME`; 0 for `off`. */
export const TIME_OR_OFF: Kind<number> = {
  ...TIME,
  argument: '<time|off>',
  range: `${TIME.range}, or off`,
  read: (texts) => (texts[0] === 'off' ? 0 : TIME.read(texts)),
}
