import { describe, expect, it } from 'vitest'
import { parseSettings, UsageError } from './settings.ts'

const BASE = ['--my-ip', '10.0.0.1', '--node-ips', '10.0.0.1', '10.0.0.2,10.0.0.3:9']

function refusal(...args: string[]): string {
  try {
    parseSettings(args)
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
    [[], /required option '--my-ip/],
    [
      ['--my-ip', '10.0.0.9', '--node-ips', '10.0.0.1'],
      /--node-ips must contain this node's own address, 10\.0\.0\.9:50051/,
    ],
    [['--my-ip', '10.0.0.1:99999', '--node-ips', '10.0.0.1'], /is no node address/],
    [[...BASE, '--rotate', 'never'], /use a time/],
    [[...BASE, '--suspect', '60ms'], /at least twice --heartbeat/],
    [[...BASE, '--memory', '--data-dir', 'x'], /exclude each other/],
    [[...BASE, '--forwards'], /unknown option '--forwards'/],
    [[...BASE, '--log-level', 'loud'], /Allowed choices/],
  ])('refuse %j with one sentence', (args, message) => {
    const said = refusal(...args)
    expect(said).toMatch(message)
    expect(said.split('\n').length).toBe(1)
  })
})
