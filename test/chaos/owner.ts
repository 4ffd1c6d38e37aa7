import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Of the process that has opened a TCP connection on this machine. Linux: it is the kernel that tells. */
export class Owners {
  readonly #names = new Map<number, string>()

  /** A process is known by `name` from now on, in place of any other of that name. */
  name(pid: number, name: string): void {
    for (const [other, its] of this.#names) if (its === name) this.#names.delete(other)
    this.#names.set(pid, name)
  }

  /** The name of the process whose end of a connection this is; undefined: it is none of those that have a name. */
  find(host: string, port: number): string | undefined {
    const inode = inodeOf(host, port)
    if (inode === undefined) return undefined
    const link = `socket:[${inode}]`
    for (const [pid, name] of this.#names) if (holds(pid, link)) return name
    return undefined
  }
}

/** `1: 0100007F:A3C1 0200007F:C383 01 … uid timeout inode …`: number, local end, remote end, state, and more. */
function inodeOf(host: string, port: number): string | undefined {
  const wanted = `${hexOf(host)}:${port.toString(16).toUpperCase().padStart(4, '0')}`
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const lines = orElse(() => readFileSync(file, 'utf8'), '').split('\n')
    // Lines are many, and few are of interest.
    for (const line of lines.filter((one) => one.includes(wanted))) {
      const fields = line.trim().split(/\s+/)
      if (fields[1]?.endsWith(wanted) && fields[9] !== '0') return fields[9]
    }
  }
  return undefined
}

/** The kernel prints the four bytes as one number of this machine: the last one first. */
function hexOf(host: string): string {
  const bytes = host.replace(/^::ffff:/, '').split('.')
  return bytes
    .reverse()
    .map((byte) => Number(byte).toString(16).toUpperCase().padStart(2, '0'))
    .join('')
}

function holds(pid: number, link: string): boolean {
  const folder = `/proc/${pid}/fd`
  const files = orElse(() => readdirSync(folder), [])
  return files.some((file) => orElse(() => readlinkSync(`${folder}/${file}`), '') === link)
}

/** Processes and their files may vanish while they are looked at. */
function orElse<T>(look: () => T, otherwise: T): T {
  try {
    return look()
  } catch {
    return otherwise
  }
}
