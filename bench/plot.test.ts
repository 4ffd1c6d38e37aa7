import { expect, test } from 'vitest'
import { type Figures, figuresOf } from './figures.ts'
import { drawPlot } from './plot.ts'
import type { Workload } from './workloads.ts'

function figures(contestant: string, workload: Workload, callers: number): Figures {
  const run = {
    transactionsPerSecond: callers * 100,
    p50Ms: 1 + callers / 10,
    p99Ms: 2 + callers / 5,
    p999Ms: null,
    maxMs: 9,
    clientUs: 1,
    leaderUs: 2,
    followersUs: 3,
    slotsPerSecond: 50,
    steal: 0,
    others: 0,
    load: 1,
    leaderChanged: false,
  }
  return figuresOf({ contestant, workload, callers, runs: [run] })
}

test('the plot has a chart for each workload and a line for each system, labelled by callers', async () => {
  const all = ['decree', 'etcd <3>'].flatMap((contestant) =>
    (['rmw', 'read'] as const).flatMap((workload) => [1, 17].map((callers) => figures(contestant, workload, callers))),
  )
  const svg = await drawPlot(all)
  expect(svg).toMatch(/^<svg .*<\/svg>$/s)
  const texts = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text)
  for (const title of ['rmw', 'read', 'decree', 'etcd &lt;3&gt;']) expect(texts).toContain(title)
  // A label for each system and workload, on the line of p50.
  expect(texts.filter((text) => text === '17')).toHaveLength(4)
  expect(svg).not.toMatch(/NaN/)
})
