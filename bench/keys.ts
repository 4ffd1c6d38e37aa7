/** What every account holds at first; amounts are small beside it. */
export const BALANCE = 1_000

const DIGITS = 12

/**
 * The keys of a benchmark, by number: first those of most workloads, then the hot one, then, if there are any, as many
 * accounts. Every value has a number: that in its last digits, or, in an account, the balance.
 */
export class Keys {
  readonly ordinary: number
  readonly hot: number
  readonly valueBytes: number
  readonly hasAccounts: boolean
  readonly prefix: string

  constructor({ keys, valueBytes, hasAccounts, prefix }: KeyOptions) {
    this.prefix = prefix
    this.ordinary = keys
    this.hot = keys
    this.valueBytes = valueBytes
    this.hasAccounts = hasAccounts
  }

  /** How many there are. */
  get count(): number {
    return this.ordinary + 1 + (this.hasAccounts ? this.ordinary : 0)
  }

  account(n: number): number {
    return this.ordinary + 1 + n
  }

  isAccount(key: number): boolean {
    return key > this.hot
  }

  nameOf(key: number): string {
    if (key < this.ordinary) return `${this.prefix}key ${key}`
    return `${this.prefix}${key === this.hot ? 'hot' : `account ${key - this.ordinary - 1}`}`
  }

  /** Which key has this name. Throws an Error for a name that no key of this benchmark has. */
  keyOf(name: string): number {
    const [, kind, digits] = /^(key|account) (\d+)$/.exec(name.slice(this.prefix.length)) ?? []
    const n = Number(digits)
    if (kind === undefined || n >= this.ordinary) throw new Error(`There is no key ${JSON.stringify(name)}.`)
    return kind === 'key' ? n : this.account(n)
  }

  /** Of the value that a key is given first. */
  firstNumber(key: number): number {
    return this.isAccount(key) ? BALANCE : 0
  }

  firstValue(key: number): string | number {
    return this.isAccount(key) ? BALANCE : this.value(0)
  }

  /** The value of a number. */
  value(number: number): string {
    return piece(number).padStart(this.valueBytes, '.')
  }

  /** Throws an Error for a value that this benchmark cannot have written. */
  numberOf(key: number, value: unknown): number {
    if (this.isAccount(key)) {
      const balance = typeof value === 'string' ? Number(value) : value
      if (Number.isSafeInteger(balance)) return Number(balance)
    } else if (typeof value === 'string' && value.length === this.valueBytes) {
      const number = Number(value.slice(-DIGITS))
      if (Number.isSafeInteger(number)) return number
    }
    throw new Error(`${this.nameOf(key)} held ${JSON.stringify(value)}, which nobody wrote.`)
  }
}

export interface KeyOptions {
  /** How many workloads choose from. */
  readonly keys: number
  readonly valueBytes: number
  readonly hasAccounts: boolean
  /** Of every name, where several use one store. */
  readonly prefix: string
}

/** The least size of a value. */
export const VALUE_BYTES_MIN = 16

/** What is appended for a value's number. */
export function piece(number: number): string {
  return String(number).padStart(DIGITS, '0')
}
