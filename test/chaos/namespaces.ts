import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'

/** The port of every node: each has an address of its own. */
const PORT = 50_051

/** One network namespace with one address, joined to the hub. */
export interface Place {
  /** Of the namespace. */
  readonly name: string
  readonly ip: string
  /** The hub's end of the wire to it. */
  readonly wire: string
}

/**
 * The namespaces of one run: one for each node, one for the clients, and a hub that routes between them. All of them bear
 * a name that is drawn, and nothing outside of them is touched.
 */
export interface Star {
  readonly hub: string
  readonly nodes: readonly Place[]
  readonly clients: Place
}

/** The star that `name` stands for; none of it need exist. */
export function starOf(name: string, size: number): Star {
  const place = (n: number): Place => ({ name: `${name}-${n}`, ip: `10.213.0.${n + 1}`, wire: `wire${n}` })
  return { hub: `${name}-hub`, nodes: Array.from({ length: size }, (_, n) => place(n + 1)), clients: place(0) }
}

export function addressOf({ ip }: Place): string {
  return `${ip}:${PORT}`
}

const HUB_IP = '10.213.0.254'

/** Whether this process may make namespaces, and wires between them: it makes some, and removes them. */
export function hasNamespaces(): boolean {
  const name = drawName()
  try {
    makeStar(starOf(name, 1))
    return true
  } catch {
    return false
  } finally {
    removeStar(starOf(name, 1))
  }
}

export function drawName(): string {
  return `decree-${randomBytes(4).toString('hex')}`
}

/** Throws a sentence; what was made before stays, for `removeStar`. */
export function makeStar(star: Star): void {
  ip(['netns', 'add', star.hub])
  batch(star.hub, ['link set lo up'])
  forwardPackets(star.hub)
  for (const { name, ip: own, wire } of [star.clients, ...star.nodes]) {
    ip(['netns', 'add', name])
    batch(star.hub, [
      `link add ${wire} type veth peer name wire netns ${name}`,
      `addr add ${HUB_IP}/32 dev ${wire}`,
      `link set ${wire} up`,
      `route add ${own} dev ${wire}`,
    ])
    batch(name, [
      'link set lo up',
      `addr add ${own}/32 dev wire`,
      'link set wire up',
      `route add ${HUB_IP} dev wire`,
      `route add default via ${HUB_IP} dev wire onlink`,
    ])
  }
}

/** Removes whatever there is of it: with a namespace go its wires. */
export function removeStar(star: Star): void {
  for (const name of [...star.nodes, star.clients].map((place) => place.name).concat(star.hub)) {
    spawnSync('ip', ['netns', 'del', name])
  }
}

/** Runs lines of the `ip` command in a namespace, all in one process. */
export function batch(namespace: string, lines: readonly string[]): void {
  ip(['-n', namespace, '-batch', '-'], `${lines.join('\n')}\n`)
}

export function traffic(namespace: string, args: readonly string[]): void {
  run('tc', ['-n', namespace, ...args])
}

/** The command that runs another one in a namespace. */
export function inside(namespace: string): readonly string[] {
  return ['ip', 'netns', 'exec', namespace]
}

/**
 * Makes a star, runs this very program in the clients' namespace, and removes the star whatever happens. Gives its exit
 * status. Signals are passed on, and so is the end of this process: the other one reads its standard input.
 */
export async function enter(size: number, args: readonly string[], runMsMax: number): Promise<number> {
  const name = drawName()
  const star = starOf(name, size)
  try {
    makeStar(star)
    const [command = '', ...rest] = [...inside(star.clients.name), process.execPath, ...process.execArgv]
    const child = spawn(command, [...rest, process.argv[1] ?? '', ...args, '--inside', name], {
      stdio: ['pipe', 'inherit', 'inherit'],
      detached: true,
    })
    const pass = () => child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), runMsMax)
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, pass)
    const status = await new Promise<number>((resolve) => {
      child.on('error', () => resolve(1))
      child.on('exit', (code) => resolve(code ?? 1))
    })
    clearTimeout(timer)
    return status
  } finally {
    removeStar(star)
  }
}

/** It is a setting of the namespace, not of the machine. */
function forwardPackets(namespace: string): void {
  const [command = '', ...args] = inside(namespace)
  run(command, [...args, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward'])
}

function ip(args: readonly string[], input = ''): void {
  run('ip', args, input)
}

function run(command: string, args: readonly string[], input = ''): void {
  const { status, stderr, error } = spawnSync(command, args, { input, encoding: 'utf8' })
  if (status === 0) return
  throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? stderr.trim()}`)
}
