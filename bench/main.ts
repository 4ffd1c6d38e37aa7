#!/usr/bin/env node
import { writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { exitWithUsage } from '../client/usage.ts'
import { bench } from './bench.ts'
import { benchLanguage } from './lang.ts'
import { parseOptions } from './options.ts'
import { drawPlot } from './plot.ts'
import { asJson, asMarkdown, asText, type Report } from './report.ts'
import { Stage } from './stage.ts'

/** `npm run bench`. Exit status: 0 done, 1 failed, 2 wrong usage, or 128 and the number of the signal that ended it. */
async function main(): Promise<void> {
  const args = process.argv.slice(2)
  if (args[0] === 'lang' && args.length === 1) {
    process.stdout.write(`${benchLanguage()}\n`)
    return
  }
  const options = await parseOptions(args).catch(exitWithUsage)
  const stage = new Stage(options)
  let isInterrupted = false
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      isInterrupted = true
      stage.end().finally(() => process.exit(128 + constants.signals[signal]))
    })
  }
  try {
    const report = await bench(stage, options, ['npm run bench --', ...args].join(' '), say)
    process.stdout.write(`${options.json ? asJson(report) : asText(report)}\n`)
    if (options.output !== undefined) await write(report, options.output)
    if (report.failures.length > 0) process.exitCode = 1
  } catch (error) {
    // What fails because it is being taken down is no failure.
    if (isInterrupted) return
    process.stderr.write(`The benchmark failed: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  } finally {
    await stage.end()
  }
}

async function write(report: Report, name: string): Promise<void> {
  // What was measured for long is written first: a drawing can fail.
  writeFileSync(`${name}.json`, `${asJson(report)}\n`)
  writeFileSync(`${name}.md`, asMarkdown(report, null))
  // A soak has no figures to draw.
  if (report.figures.length === 0) return
  const plot = `${name}.svg`
  writeFileSync(plot, await drawPlot(report.figures))
  writeFileSync(`${name}.md`, asMarkdown(report, plot))
}

/** Progress is not a result. */
function say(what: string): void {
  process.stderr.write(`${what}\n`)
}

await main()
