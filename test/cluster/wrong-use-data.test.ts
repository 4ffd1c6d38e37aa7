import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open } from 'lmdb'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openLmdbStore } from '../../node/store/index.ts'
import { State } from '../../proto/gen/decree/v1/record.ts'
import { freeAddresses } from '../support/cluster.ts'
import { lastWords } from '../support/commands.ts'

const BINARY = { encoding: 'binary', keyEncoding: 'binary' } as const
const [OURS, OTHER] = ['127.0.0.1:50051', '127.0.0.2:50051']

describe('a data directory that cannot be used', () => {
  let directory: string
  let data: string
  let address: string

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'decree-data-'))
    data = join(directory, 'data')
    address = (await freeAddresses(1))[0] ?? ''
  })

  afterEach(() => rmSync(directory, { recursive: true, force: true }))

  /** What a server says that is started on it and must refuse it. */
  const start = (path: string, self = address, others: readonly string[] = [], before: readonly string[] = []) =>
    lastWords(['--my-ip', self, '--node-ips', [self, ...others].join(), '--data-dir', path], before)

  /** Data of a cluster of `OURS` alone. */
  async function fill(): Promise<void> {
    const store = await openLmdbStore(data)
    const id = '0123456789abcdef'
    const config = { cluster: 'c0ffee', version: 1, members: [{ id, address: OURS }] }
    await store.write([{ type: 'identity', id }])
    await store.write([{ type: 'formed', config }])
    await store.close()
  }

  const file = () => join(data, 'data.mdb')

  /** Changes the data file, and shows that a server which refuses it leaves it so. */
  async function refusalOf(change: (bytes: Buffer) => Buffer): Promise<string> {
    await fill()
    const changed = change(readFileSync(file()))
    writeFileSync(file(), changed)
    const said = await start(data, OURS)
    expect(readFileSync(file()).equals(changed)).toBe(true)
    return said
  }

  it('because it is a file', async () => {
    writeFileSync(data, 'mine')
    expect(await start(data)).toBe(`The data directory ${data} cannot be used: it is a file.`)
    expect(readFileSync(data, 'utf8')).toBe('mine')
  })

  it('because it is below a file', async () => {
    writeFileSync(data, 'mine')
    const below = join(data, 'below')
    expect(await start(below)).toBe(
      `The data directory ${below} cannot be used: ENOTDIR: not a directory, mkdir '${below}'.`,
    )
  })

  // Where nothing can be made, whoever asks. Not every system has /proc; a name without meaning is refused by all.
  const forbidden = process.platform === 'linux' ? '/proc/decree/data' : `/dev/null/${'x'.repeat(10)}`
  it('because nothing can be written there', async () => {
    expect(await start(forbidden)).toMatch(new RegExp(`^The data directory ${forbidden} cannot be used: E[A-Z]+: `))
  })

  it('because there is no room', async () => {
    const limited = ['sh', '-c', `ulimit -f 16; exec "$0" "$@"`]
    expect(await start(data, address, [], limited)).toBe(
      `The data directory ${data} has no room for 256 KiB: EFBIG: file too large, write.`,
    )
    expect(readdirSync(data).filter((name) => !name.startsWith('held-by-'))).toEqual([])
  })

  it('because another node uses it', async () => {
    await fill()
    const store = await openLmdbStore(data)
    try {
      const said = await start(data, OURS)
      expect(said).toBe(`The data directory ${data} is in use by process ${process.pid}; two nodes cannot share one.`)
      await store.write([{ type: 'promised', ballot: { counter: 7, node: '0123456789abcdef' } }])
    } finally {
      await store.close()
    }
    const again = await openLmdbStore(data)
    expect(again.restored.promised.counter).toBe(7)
    await again.close()
  })

  it('because it is another node’s', async () => {
    await fill()
    expect(await start(data, address)).toBe(
      `This data directory belongs to the node at ${OURS}, not to one at ${address}.`,
    )
  })

  it('because it is of another cluster', async () => {
    await fill()
    const said = `--node-ips names ${OURS} ${OTHER}, but the data is of the cluster of ${OURS}`
    expect(await start(data, OURS, [OTHER])).toBe(`This data directory belongs to another cluster: ${said}.`)
  })

  it('because newer software wrote it', async () => {
    await fill()
    const root = open({ path: data, noSubdir: false, overlappingSync: false, ...BINARY })
    const state = root.openDB<Uint8Array, Uint8Array>('state', BINARY)
    const record = State.decode(state.get(Buffer.from('state')) ?? Buffer.alloc(0))
    await state.put(Buffer.from('state'), State.encode({ ...record, format: 3 }).finish())
    await root.close()
    expect(await start(data, OURS)).toBe(
      `${data} was written by newer software, in format 3; this one reads formats up to 2.`,
    )
  })

  it('because it holds the files of somebody else, which stay', async () => {
    mkdirSync(data)
    writeFileSync(join(data, 'thesis.tex'), 'years of work')
    expect(await start(data)).toBe(
      `The data directory ${data} holds no data of Decree but other files (thesis.tex); choose an empty or a new one.`,
    )
    expect(readFileSync(join(data, 'thesis.tex'), 'utf8')).toBe('years of work')
    expect(existsSync(file())).toBe(false)
  })

  it('because its beginning is destroyed', async () => {
    expect(await refusalOf((bytes) => Buffer.concat([Buffer.alloc(4096), bytes.subarray(4096)]))).toBe(
      `The data file in ${data} is not Decree’s, or its beginning is destroyed.`,
    )
  })

  it('because its second page is destroyed', async () => {
    const said = await refusalOf((bytes) => Buffer.from(bytes).fill(0xff, 4096, 8192))
    expect(said).toBe(`The data file in ${data} is damaged: its first pages contradict themselves.`)
  })

  it('because its end is missing', async () => {
    expect(await refusalOf((bytes) => bytes.subarray(0, 5_000))).toBe(
      `The data file in ${data} is cut off: only 5000 bytes are there.`,
    )
    rmSync(data, { recursive: true })
    expect(await refusalOf((bytes) => bytes.subarray(0, 8_192))).toMatch(/is cut off: only 8192 bytes are there/)
  })
})
