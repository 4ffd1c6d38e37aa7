#!/usr/bin/env node
import { endWithReader } from './broken-pipe.ts'
import { clientCommand } from './command.ts'
import { exitWithUsage } from './usage.ts'

endWithReader()
process.exitCode = await clientCommand(process.argv.slice(2), process).catch(exitWithUsage)
