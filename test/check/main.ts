#!/usr/bin/env node
import { endWithReader } from '../../client/broken-pipe.ts'
import { exitWithUsage } from '../../client/usage.ts'
import { checkCommand } from './command.ts'

endWithReader()
process.exitCode = await checkCommand(process.argv.slice(2), (text) => process.stdout.write(text)).catch(exitWithUsage)
