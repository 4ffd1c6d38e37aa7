import { Keys } from '../keys.ts'
import { ownProcessorTimeUs } from '../processor.ts'
import type { Driver } from './driver.ts'
import { openDriver } from './drivers.ts'
import { Load } from './load.ts'
import type { Answers, Command, Reply } from './protocol.ts'

// A load process: does what its parent tells it, one command after the other, and ends when the parent is gone.

let driver: Driver | undefined
let load: Load | undefined

process.on('message', (command: Command) => {
  perform(command).then(
    (answer) => reply({ answer }),
    (error: unknown) => reply({ error: error instanceof Error ? error.message : String(error) }),
  )
})
process.on('disconnect', () => process.exit(0))

async function perform(command: Command): Promise<Answers[Command['type']]> {
  switch (command.type) {
    case 'open': {
      const { addresses, callersMax, timeoutMs, place } = command.setup
      const keys = new Keys(command.setup.keys)
      driver = await openDriver(command.setup.driver, { addresses, callersMax, timeoutMs, keys })
      load = new Load(driver, keys, place)
      return null
    }
    case 'fill':
      return opened().fill(command.to, command.msMax)
    case 'start':
      opened().start(command.task)
      return null
    case 'look':
      return { ...opened().look(), processorUs: ownProcessorTimeUs() }
    case 'stop':
      return opened().stop()
    case 'readBack':
      return opened().readBack(command.from, command.to)
    case 'close':
      await driver?.close()
      return null
    default:
      return command satisfies never
  }
}

function opened(): Load {
  if (load === undefined) throw new Error('A load process was not told what to load.')
  return load
}

function reply(what: Reply): void {
  process.send?.(what)
}
