import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseSettings, UsageError } from './settings.ts'

const BASE = ['--my-ip', '10.0.0.1', '--node-ips', '10.0.0.1', '10.0.0.2,10.0.0.3:9']

function refusal(args: readonly string[], environment: Readonly<Record<string, string>> = {}): string {
  try {
    parseSettings(args, environment)
  } catch (error) {
    if (error instanceof UsageError && error.status === 2) return error.message
    throw error
  }
  throw new Error('not refused')
}

describe('the settings of a server', () => {
  it('take addresses separated by spaces or commas, or repeated, with the usual port', () => {
    const expected = ['10.0.0.1:50051', '10.0.0.2:50051', '10.0.0.3:9']
    expect(parseSettings(BASE).addresses).toEqual(expected)
    const repeated = ['--node-ips', '10.0.0.1', '--node-ips', '10.0.0.3:9', '--node-ips', '10.0.0.2']
    expect(parseSettings(['--my-ip', '10.0.0.1:50051', ...repeated]).addresses).toEqual(expected)
  })

  it('keep data below the address unless told otherwise', () => {
    expect(parseSettings(BASE).dataDirectory).toBe('./data/10.0.0.1-50051')
    expect(parseSettings([...BASE, '--data-dir', '/x']).dataDirectory).toBe('/x')
    expect(parseSettings([...BASE, '--memory']).dataDirectory).toBeNull()
  })

  it('let a node listen elsewhere than where the others reach it', () => {
    expect(parseSettings(BASE).listen).toBe('10.0.0.1:50051')
    expect(parseSettings([...BASE, '--listen', '0.0.0.0:9'])).toMatchObject({
      address: '10.0.0.1:50051',
      listen: '0.0.0.0:9',
      dataDirectory: './data/10.0.0.1-50051',
    })
  })

  it('turn times into ticks', () => {
    expect(parseSettings(BASE).core).toEqual({
      heartbeatTicks: 5,
      suspectTicksMin: 15,
      suspectTicksMax: 30,
      rotateTicks: 500,
    })
    const { core } = parseSettings([...BASE, '--rotate', 'off', '--heartbeat', '20', '--suspect', '0.1s'])
    expect(core).toEqual({ heartbeatTicks: 2, suspectTicksMin: 10, suspectTicksMax: 20, rotateTicks: 0 })
  })

  it.each([
    [[], /--my-ip is missing/],
    [
      ['--my-ip', '10.0.0.9', '--node-ips', '10.0.0.1'],
      /--node-ips must contain this node's own address, 10\.0\.0\.9:50051/,
    ],
    [['--my-ip', '10.0.0.1:99999', '--node-ips', '10.0.0.1'], /is no node address/],
    [[...BASE, '--rotate', 'never'], /use a time/],
    [[...BASE, '--suspect', '60ms'], /at least twice --heartbeat/],
    [[...BASE, '--memory', '--data-dir', 'x'], /exclude each other/],
    [[...BASE, '--forwards'], /unknown option '--forwards'/],
    [[...BASE, '--log-level', 'loud'], /use fatal, error, warn, info, debug or silent, not "loud"/],
    [[...BASE, '--rotat', '5s'], /unknown option '--rotat' \(Did you mean --rotate\?\)/],
    [[...BASE, '--data-dir', ''], /--data-dir: use a path/],
    [['--my-ip', '10.0.0.1,10.0.0.2', '--node-ips', '10.0.0.1'], /--my-ip: use one address/],
    [[...BASE, '--listen', '10.0.0.1:99999'], /--listen: .*is no node address/],
  ])('refuse %j with one sentence', (args, message) => {
    const said = refusal(args)
    expect(said).toMatch(message)
    expect(said.split('\n').length).toBe(1)
  })
})

describe('the environment', () => {
  const BASE_VARIABLES = { DECREE_MY_IP: '10.0.0.1', DECREE_NODE_IPS: '10.0.0.1 10.0.0.2,10.0.0.3:9' }

  it('gives every setting, and less than a flag', () => {
    const environment = { ...BASE_VARIABLES, DECREE_ROTATE: 'off', DECREE_MEMORY: 'true', DECREE_LOG_FORMAT: 'json' }
    expect(parseSettings([], environment)).toMatchObject({
      addresses: ['10.0.0.1:50051', '10.0.0.2:50051', '10.0.0.3:9'],
      dataDirectory: null,
      core: { rotateTicks: 0 },
      logFormat: 'json',
    })
    expect(parseSettings(['--rotate', '1s'], environment).core.rotateTicks).toBe(100)
  })

  it('keeps no leader for a time where it is to be near its callers', () => {
    expect(parseSettings(['--leader', 'nearest', '--rotate', '5s'], BASE_VARIABLES).core.rotateTicks).toBe(0)
    expect(parseSettings([], BASE_VARIABLES)).toMatchObject({ isPlacing: false, isForwarding: false })
  })

  it('says nothing by an empty variable, and no by "false"', () => {
    const environment = { ...BASE_VARIABLES, DECREE_ROTATE: '', DECREE_MEMORY: 'false' }
    expect(parseSettings([], environment)).toMatchObject({
      core: { rotateTicks: 500 },
      dataDirectory: expect.any(String),
    })
  })

  it.each([
    [{ DECREE_ROTAET: '5s' }, /DECREE_ROTAET in the environment is no setting; did you mean DECREE_ROTATE\?/],
    [{ DECREE_CONFIGS: 'x' }, /did you mean DECREE_CONFIG\?/],
    [{ DECREE_MEMORY: 'maybe' }, /DECREE_MEMORY: use true or false, not "maybe"/],
    [{ DECREE_SUSPECT: '60ms' }, /DECREE_SUSPECT \(60 ms\) must be at least twice --heartbeat \(50 ms\)/],
    [{ DECREE_NODE_IPS: '10.0.0.7' }, /DECREE_NODE_IPS must contain this node's own address/],
  ])('is refused with one sentence: %j', (environment, message) => {
    const said = refusal(['--my-ip', '10.0.0.1'], { ...BASE_VARIABLES, ...environment })
    expect(said).toMatch(message)
    expect(said).not.toContain('\n')
  })

  it('may hold what is not meant for servers: a warning tells of what no part of Decree reads', () => {
    const environment = { ...BASE_VARIABLES, DECREE_SERVER_IP: 'x', DECREE_PORT: 'tcp://10.0.0.1:1', OTHER: '' }
    const { warnings } = parseSettings([], environment)
    expect(warnings).toEqual(['DECREE_PORT in the environment is no setting; it has no effect'])
  })
})

describe('a file of settings', () => {
  let directory: string

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'decree-settings-'))
  })

  afterAll(() => rmSync(directory, { recursive: true }))

  function write(text: string): string {
    const file = join(directory, 'decree.json')
    writeFileSync(file, text)
    return file
  }

  const ALL = {
    'my-ip': '10.0.0.1',
    'node-ips': ['10.0.0.1', '10.0.0.2'],
    listen: '0.0.0.0',
    'data-dir': '/x',
    rotate: 'off',
    forward: true,
    leader: 'any',
    heartbeat: 20,
    suspect: '0.1s',
    'log-level': 'debug',
    'log-format': 'json',
    'exit-with-stdin': true,
  }

  it('gives every setting', () => {
    expect(parseSettings(['--config', write(JSON.stringify(ALL))])).toEqual({
      address: '10.0.0.1:50051',
      addresses: ['10.0.0.1:50051', '10.0.0.2:50051'],
      listen: '0.0.0.0:50051',
      dataDirectory: '/x',
      core: { heartbeatTicks: 2, suspectTicksMin: 10, suspectTicksMax: 20, rotateTicks: 0 },
      logLevel: 'debug',
      isForwarding: true,
      isPlacing: false,
      logFormat: 'json',
      exitsWithStdin: true,
      warnings: [],
    })
  })

  it('gives less than the environment, which gives less than a flag', () => {
    const environment = { DECREE_CONFIG: write(JSON.stringify(ALL)), DECREE_HEARTBEAT: '30', DECREE_ROTATE: '1s' }
    const { core, logLevel } = parseSettings(['--rotate', '2s'], environment)
    expect({ core, logLevel }).toMatchObject({ core: { heartbeatTicks: 3, rotateTicks: 200 }, logLevel: 'debug' })
  })

  it('has a word on memory or a directory that a flag overrules', () => {
    expect(parseSettings(['--memory', '--config', write(JSON.stringify(ALL))]).dataDirectory).toBeNull()
    const inMemory = write(JSON.stringify({ ...ALL, 'data-dir': undefined, memory: true }))
    expect(parseSettings(['--config', inMemory]).dataDirectory).toBeNull()
    expect(parseSettings(['--data-dir', 'y', '--config', inMemory]).dataDirectory).toBe('y')
  })

  it.each([
    ['{"rotat": "5s"}', /"rotat" in .*decree\.json is no setting; did you mean "rotate"\?/],
    ['{"dataDir": "5s"}', /did you mean "data-dir"\?/],
    ['{"colour": 1}', /"colour" in .*decree\.json is no setting; --help lists them/],
    ['{"memory": "yes"}', /"memory" in .*decree\.json must be a boolean, not a string/],
    ['{"rotate": [1]}', /"rotate" in .*decree\.json must be a string or a number, not a list/],
    ['{"rotate": 5}', /"rotate" in .*decree\.json: use a time from 10ms to 3600s.*, not "5"/],
    ['{"node-ips": [1]}', /must be a string or a list of strings, not a list/],
    ['{"rotate": null}', /must be a string or a number, not null/],
    ['{\n"rotate": ,\n}', /decree\.json is no JSON: /],
    ['["rotate"]', /decree\.json must hold one JSON object/],
  ])('is refused with one sentence: %s', (text, message) => {
    const said = refusal([...BASE, '--config', write(text)])
    expect(said).toMatch(message)
    expect(said).not.toContain('\n')
  })

  it('that cannot be read is refused by its name', () => {
    expect(refusal([...BASE, '--config', '/nowhere/at/all'])).toMatch(/\/nowhere\/at\/all cannot be read: /)
  })
})
