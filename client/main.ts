#!/usr/bin/env node
import { clientCommand } from './command.ts'
import { exitWithUsage } from './usage.ts'

process.exitCode = await clientCommand(process.argv.slice(2), process).catch(exitWithUsage)
