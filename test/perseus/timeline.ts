import { isFree, isTied } from './client.ts'
import { FAULTS } from './faults.ts'
import { RESOLUTION_MS, type Span } from './outages.ts'
import type { Pass } from './report.ts'
import type { Trial } from './trial.ts'

const WIDTH = 900
const LEFT = 120
const ROW = 14
const TITLE = 22
const AXIS = 22
const GAP = 10
const TICK_MS = 500
/** What is looked at before the fault and after the return, ms. */
const MARGIN_MS = 500

/**
 * The worst try of each kind as one drawing in SVG: for each caller a line of cells as wide as the resolution, filled
 * where it was answered; the time between two answers no longer than a cell is filled as well.
 */
export function drawTimelines({ system, specs, trials }: Pass): string {
  const names = specs.map((spec, n) =>
    isTied(spec) ? `tied to node ${n + 1}` : isFree(spec) ? 'knows all' : 'control',
  )
  const worst = FAULTS.flatMap((fault) =>
    (['leader', 'follower'] as const).flatMap((role) => {
      const of = trials.filter((trial) => trial.fault.name === fault.name && trial.role === role)
      return of.toSorted((a, b) => b.away.libraryMs - a.away.libraryMs).slice(0, 1)
    }),
  )
  const height = TITLE + names.length * ROW + AXIS + GAP
  const panels = worst.map((trial, n) => drawPanel(trial, names, n * height))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${worst.length * height}" font-family="sans-serif" font-size="10">`,
    `<title>${escaped(system)}: answers to each caller</title>`,
    '<rect width="100%" height="100%" fill="white"/>',
    ...panels.flat(),
    '</svg>',
    '',
  ].join('\n')
}

function drawPanel(
  { fault, role, nodeNumber, timeline, away, back }: Trial,
  names: readonly string[],
  top: number,
): string[] {
  const { faultMs, returnMs } = timeline
  const span = {
    fromMs: Math.max(timeline.span.fromMs, faultMs - MARGIN_MS),
    toMs: Math.max(Math.min(timeline.span.toMs, returnMs + 2_000), returnMs + MARGIN_MS),
  }
  const x = (atMs: number) =>
    (LEFT + ((atMs - span.fromMs) / (span.toMs - span.fromMs)) * (WIDTH - LEFT - 10)).toFixed(1)
  const bottom = top + TITLE + names.length * ROW
  const what = fault.name === 'nothing' ? fault.title : `${fault.title}: ${role}, node ${nodeNumber}`
  const waits = `longest wait ${Math.round(away.libraryMs)} ms, on return ${Math.round(back.libraryMs)} ms`
  const lines = [`<text x="4" y="${top + 15}" font-size="12">${escaped(`${what}; ${waits}`)}</text>`]
  names.forEach((name, n) => {
    const y = top + TITLE + n * ROW
    lines.push(`<text x="4" y="${y + 10}">${escaped(name)}</text>`)
    lines.push(`<rect x="${LEFT}" y="${y + 1}" width="${WIDTH - LEFT - 10}" height="${ROW - 3}" fill="#eee"/>`)
    for (const { fromMs, toMs } of servedSpans(timeline.answersMs[n] ?? [], span)) {
      const width = Math.max(0.5, Number(x(toMs)) - Number(x(fromMs))).toFixed(1)
      lines.push(`<rect x="${x(fromMs)}" y="${y + 1}" width="${width}" height="${ROW - 3}" fill="#2a7"/>`)
    }
  })
  for (const [atMs, color] of [
    [faultMs, '#c22'],
    [returnMs, '#22c'],
  ] as const) {
    lines.push(`<line x1="${x(atMs)}" x2="${x(atMs)}" y1="${top + TITLE - 3}" y2="${bottom + 3}" stroke="${color}"/>`)
  }
  for (let atMs = faultMs; atMs <= span.toMs; atMs += TICK_MS) {
    lines.push(
      `<text x="${x(atMs)}" y="${bottom + 12}" text-anchor="middle" fill="#666">${Math.round(atMs - faultMs)} ms</text>`,
    )
  }
  return lines
}

/** Where answers followed each other closely, in whole cells of the resolution. */
export function servedSpans(answersMs: readonly number[], { fromMs, toMs }: Span): readonly Span[] {
  const spans: { fromMs: number; toMs: number }[] = []
  for (const atMs of answersMs) {
    if (atMs < fromMs || atMs > toMs) continue
    const cellMs = fromMs + Math.floor((atMs - fromMs) / RESOLUTION_MS) * RESOLUTION_MS
    const last = spans.at(-1)
    if (last !== undefined && cellMs <= last.toMs) last.toMs = Math.min(toMs, cellMs + RESOLUTION_MS)
    else spans.push({ fromMs: cellMs, toMs: Math.min(toMs, cellMs + RESOLUTION_MS) })
  }
  return spans
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
