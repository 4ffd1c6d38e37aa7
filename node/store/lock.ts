import { randomBytes } from 'node:crypto'
import { closeSync, constants, openSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { reasonOf } from '../reason.ts'
import { StoreError } from './errors.ts'

// A data directory belongs to one process. The proof must vanish with the process, however it ends, and Node offers
// no flock. What it offers differs:
//
// - Linux: listening on a socket in the directory. The kernel accepts connections for as long as the process lives,
//   even while it is busy or stopped, and refuses them from the moment it is dead; processes in other containers see
//   the same socket. (A pid in a file can belong to another process by now; an abstract socket is not seen from
//   other network namespaces.)
// - macOS and the BSDs: `open` with O_EXLOCK, which is flock.

const PREFIX = 'held-by-'
const FLOCK_FILE = `${PREFIX}flock`

/** Whether a file of this name in a data directory is one of the lock's. */
export function isLockFile(name: string): boolean {
  return name.startsWith(PREFIX)
}

/**
 * Takes the directory for this process. The result gives it back, and does nothing when called again.
 *
 * Rejects with a StoreError: `locked` if another process, or another part of this one, has it; `unusable` if the
 * file system cannot tell.
 */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  return process.platform === 'linux' ? lockBySocket(directory) : lockByFlock(directory)
}

/**
 * Each process listens under a name of its own before it looks for others: of two that start at once at least one
 * sees the other. A socket gets its final name only when it already listens, so that none is taken for dead before
 * it lives; a name is never used again, so that removing a dead one cannot hit a live one.
 */
async function lockBySocket(directory: string): Promise<() => Promise<void>> {
  const own = `${PREFIX}${process.pid}-${randomBytes(6).toString('hex')}`
  const server = createServer((connection) => connection.destroy())
  let held: number | null = null
  const unlock = async (): Promise<void> => {
    if (held === null) return
    const descriptor = held
    held = null
    try {
      for (const name of [own, `${own}.new`]) rmSync(join(directory, name), { force: true })
    } finally {
      if (server.listening) await new Promise((resolve) => server.close(resolve))
      closeSync(descriptor)
    }
  }
  try {
    // Socket paths are short (108 bytes); by way of an open descriptor every directory's is.
    const descriptor = openSync(directory, constants.O_RDONLY)
    held = descriptor
    const short = (name: string): string => `/proc/self/fd/${descriptor}/${name}`
    await listen(server, short(`${own}.new`))
    renameSync(join(directory, `${own}.new`), join(directory, own))
    for (const name of readdirSync(directory).filter((name) => isLockFile(name) && name !== own)) {
      if (await isAlive(short(name))) throw lockedBy(directory, name.slice(PREFIX.length).split('-')[0])
      rmSync(join(directory, name), { force: true })
    }
    return unlock
  } catch (thrown) {
    // Where this fails too, what failed first says why.
    await unlock().catch(() => undefined)
    if (thrown instanceof StoreError) throw thrown
    throw new StoreError('unusable', `The data directory ${directory} cannot be locked: ${reasonOf(thrown)}.`, thrown)
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    // Exclusive: workers of Node's cluster module would share one socket otherwise.
    server.listen({ path, exclusive: true }, () => {
      server.off('error', reject)
      server.unref()
      resolve()
    })
  })
}

/** Anything but a refusal counts as life: a full queue of connections, for one, is a sign of it. */
function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(path)
    connection.once('connect', () => {
      connection.destroy()
      resolve(true)
    })
    connection.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT')
    })
  })
}

/** The same number on macOS and the BSDs; Node has no name for it. */
const O_EXLOCK = 0x20

async function lockByFlock(directory: string): Promise<() => Promise<void>> {
  const { O_RDWR, O_CREAT, O_NONBLOCK } = constants
  try {
    const descriptor = openSync(join(directory, FLOCK_FILE), O_RDWR | O_CREAT | O_NONBLOCK | O_EXLOCK)
    let isHeld = true
    return async () => {
      if (isHeld) closeSync(descriptor)
      isHeld = false
    }
  } catch (thrown) {
    const code = (thrown as NodeJS.ErrnoException).code
    if (code === 'EAGAIN' || code === 'EWOULDBLOCK') throw lockedBy(directory, undefined)
    throw new StoreError('unusable', `The data directory ${directory} cannot be locked: ${reasonOf(thrown)}.`, thrown)
  }
}

function lockedBy(directory: string, pid: string | undefined): StoreError {
  const holder = pid === undefined ? 'another process' : pid === String(process.pid) ? 'this process' : `process ${pid}`
  return new StoreError('locked', `The data directory ${directory} is in use by ${holder}; two nodes cannot share one.`)
}
