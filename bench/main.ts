#!/usr/bin/env node
import { writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { connect } from '../client/index.ts'
import { exitWithUsage } from '../client/usage.ts'
import { benchLanguage } from './lang.ts'
import { Load } from './load.ts'
import { measure, type Row } from './measure.ts'
import { type Options, parseOptions } from './options.ts'
import { asJson, asMarkdown, asTable, machineLine, notesOf, type Report, workloadLine } from './report.ts'
import { Servers } from './servers.ts'

const SERVERS = 3

/** `npm run bench`. Exit status: 0 done, 1 failed, 2 wrong usage. */
async function main(): Promise<void> {
  const args = process.argv.slice(2)
  if (args[0] === 'lang' && args.length === 1) {
    process.stdout.write(`${benchLanguage()}\n`)
    return
  }
  const options = await parseOptions(args).catch(exitWithUsage)
  const servers = await Servers.start(SERVERS, options.dataDirectory)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => servers.stop().finally(() => process.exit(128 + constants.signals[signal])))
  }
  try {
    const report = await bench(options, servers, ['npm run bench --', ...args].join(' '))
    process.stdout.write(`${options.json ? asJson(report) : asTable(report)}\n`)
    if (options.output !== undefined) writeFileSync(options.output, asMarkdown(report))
  } catch (error) {
    process.stderr.write(`The benchmark failed: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  } finally {
    await servers.stop()
  }
}

async function bench(options: Options, servers: Servers, command: string): Promise<Report> {
  await Promise.race([servers.leader(), servers.died])
  const db = await connect({ servers: servers.addresses })
  try {
    const load = new Load(db, options)
    say(`filling ${options.keys} keys`)
    await load.fill()
    const rows: Row[] = []
    for (const callers of options.callers) {
      say(`${callers} callers: ${options.warmUpSeconds} s of warm-up, ${options.seconds} s measured`)
      rows.push(await measure(load, servers, { ...options, callers }))
    }
    say('reading every key back')
    await load.checkAll()
    const notes = notesOf(rows, load.failures, servers.directory)
    return { machine: machineLine(), workload: workloadLine(options), command, rows, notes }
  } finally {
    await db.close()
  }
}

/** Progress is not a result. */
function say(what: string): void {
  process.stderr.write(`${what} ...\n`)
}

await main()
