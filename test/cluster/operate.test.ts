import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { VARIABLES } from '../../client/environment.ts'
import { parseSettings } from '../../node/settings.ts'
import { SETTING_NAMES, variableOf } from '../../node/settings-table.ts'
import { nearest } from '../../proto/spelling.ts'
import { freeAddresses, withCluster } from '../support/cluster.ts'
import { leaders } from '../support/status.ts'
import { waitFor } from '../support/wait.ts'

const SERVER = fileURLToPath(new URL('../../dist/node/main.js', import.meta.url))
const CLIENT = fileURLToPath(new URL('../../dist/client/main.js', import.meta.url))

describe('the settings of a server process', () => {
  let directory: string

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'decree-operate-'))
  })

  afterEach(() => rmSync(directory, { recursive: true }))

  it('come from flags, environment and file together', async () => {
    const [address = ''] = await freeAddresses(1)
    const file = join(directory, 'decree.json')
    writeFileSync(file, JSON.stringify({ 'node-ips': [address], 'log-format': 'json', 'data-dir': 'of-the-file' }))
    const env = { ...process.env, DECREE_MY_IP: address, DECREE_CONFIG: file, DECREE_DATA_DIR: 'x', DECREE_OTHER: '1' }
    const server = spawn(process.execPath, [SERVER, '--data-dir', 'here'], { cwd: directory, env })
    let said = ''
    server.stdout.on('data', (data: Buffer) => (said += String(data)))
    await waitFor('the server', () => said.includes('"listening"'))
    server.kill('SIGTERM')
    expect(await once(server, 'exit')).toEqual([0, null])
    const lines = said
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly msg: string; readonly level: number })
    expect(lines[0]).toMatchObject({ level: 30, msg: 'starting', node: address, data: 'here' })
    expect(lines[1]).toMatchObject({ level: 40, msg: expect.stringMatching(/^DECREE_OTHER in the environment is no/) })
    expect(lines.map(({ msg }) => msg)).toEqual(expect.arrayContaining(['listening', 'stopping: SIGTERM', 'stopped']))
  })

  it('that are wrong end it with status 2, one sentence and no log', async () => {
    const said = (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [SERVER, ...args], {
        cwd: directory,
        env: { ...process.env, ...env },
        encoding: 'utf8',
      })
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
      expect(stderr.trim().split('\n')).toHaveLength(1)
      return stderr
    }
    const base = ['--my-ip', '127.0.0.1', '--node-ips', '127.0.0.1']
    expect(said([...base, '--rotate', 'never'])).toMatch(/^error: --rotate: use a time/)
    expect(said(base, { DECREE_ROTAET: '5s' })).toMatch(/did you mean DECREE_ROTATE\?/)
    expect(said([...base, '--config', 'nowhere.json'])).toMatch(/nowhere\.json cannot be read/)
    writeFileSync(join(directory, 'broken.json'), '{"rotate": "5s"\n"memory": true}')
    expect(said([...base, '--config', 'broken.json'])).toMatch(/broken\.json is no JSON/)
  })

  it('and the client’s variables are not taken for each other', () => {
    const ofServers = [...SETTING_NAMES, 'config'].map(variableOf)
    const ofClients = Object.values(VARIABLES)
    for (const name of ofServers) expect(nearest(name, ofClients)).toBeUndefined()
    const environment = Object.fromEntries(ofClients.map((name) => [name, 'x']))
    expect(parseSettings(['--my-ip', 'a', '--node-ips', 'a'], environment).warnings).toEqual([])
  })
})

describe('client status of a running cluster', () => {
  it('tells how the nodes are, and by its exit status whether programs can be run', () =>
    withCluster(['--rotate', 'off'], async (cluster, db) => {
      await db.put('k', 'v')
      const [first = '', second = '', third = ''] = cluster.addresses
      const ask = (...options: string[]) => {
        const args = [CLIENT, '--server-ip', first, 'status', ...options]
        return spawnSync(process.execPath, args, { encoding: 'utf8' })
      }
      const all = await waitFor('equal states', () => {
        const asked = ask('--hash')
        return asked.stdout.includes('hold the same state') && asked
      })
      expect(all.status).toBe(0)
      const [leader] = await leaders(cluster.addresses)
      expect(all.stdout).toContain(`3 of 3 nodes are up, ${leader} leads`)
      for (const address of cluster.addresses) expect(all.stdout).toContain(address)

      await cluster.kill(third)
      const two = await waitFor('a leader', () => {
        const asked = ask('--json')
        return asked.status === 0 && (JSON.parse(asked.stdout) as { nodes: unknown[] })
      })
      expect(two).toMatchObject({ healthy: true, up: 2, members: 3, states: 'not asked' })
      expect(two.nodes).toContainEqual({ address: third, reached: false, why: 'nothing listens there' })

      await cluster.kill(second)
      const one = ask()
      expect(one.status).toBe(1)
      expect(one.stdout).toContain('1 of 3 nodes is up: no majority')
    }))
})
