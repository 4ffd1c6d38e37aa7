import type { Figures } from './figures.ts'
import { optionalPackage } from './systems/optional.ts'

/** What we use of the package echarts. */
interface ECharts {
  init(
    element: null,
    theme: null,
    options: { readonly renderer: 'svg'; readonly ssr: true; readonly width: number; readonly height: number },
  ): { setOption(option: object): void; renderToSVGString(): string; dispose(): void }
}

const WIDTH = 820
const HEIGHT = 360
const MARGIN = { left: 70, right: 190, top: 40, bottom: 50 }

/**
 * Latency against throughput as SVG: a chart for each workload, in it a line for each system, on it a point for each
 * number of callers; p50 as a line, p99 dotted.
 */
export async function drawPlot(figures: readonly Figures[]): Promise<string> {
  const echarts = await optionalPackage<ECharts>('echarts')
  const workloads = [...new Set(figures.map(({ workload }) => workload))]
  const contestants = [...new Set(figures.map(({ contestant }) => contestant))]
  const height = HEIGHT * workloads.length
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height })
  try {
    chart.setOption({
      animation: false,
      backgroundColor: 'white',
      title: workloads.map((text, n) => ({
        text,
        left: MARGIN.left,
        top: n * HEIGHT + 8,
        textStyle: { fontSize: 14 },
      })),
      legend: { orient: 'vertical', right: 10, top: MARGIN.top },
      grid: workloads.map((_, n) => ({
        left: MARGIN.left,
        width: WIDTH - MARGIN.left - MARGIN.right,
        top: n * HEIGHT + MARGIN.top,
        height: HEIGHT - MARGIN.top - MARGIN.bottom,
      })),
      xAxis: workloads.map((_, gridIndex) => ({
        type: 'log',
        gridIndex,
        name: 'transactions/s',
        nameLocation: 'middle',
        nameGap: 28,
      })),
      yAxis: workloads.map((_, gridIndex) => ({ type: 'log', gridIndex, name: 'ms: p50, dotted p99' })),
      series: workloads.flatMap((workload, n) =>
        contestants.flatMap((contestant, which) =>
          (['p50Ms', 'p99Ms'] as const).flatMap((latency) => {
            const of = figures.filter((row) => row.workload === workload && row.contestant === contestant)
            return of.length === 0 ? [] : [lineOf(of, latency, { n, contestant, color: COLORS[which % COLORS.length] })]
          }),
        ),
      ),
    })
    return chart.renderToSVGString()
  } finally {
    chart.dispose()
  }
}

interface Place {
  /** Of the chart. */
  readonly n: number
  readonly contestant: string
  readonly color: string | undefined
}

function lineOf(of: readonly Figures[], latency: 'p50Ms' | 'p99Ms', { n, contestant, color }: Place): object {
  const isMedian = latency === 'p50Ms'
  return {
    type: 'line',
    name: contestant,
    xAxisIndex: n,
    yAxisIndex: n,
    symbolSize: isMedian ? 6 : 3,
    color,
    lineStyle: { type: isMedian ? 'solid' : 'dotted' },
    label: { show: isMedian, formatter: '{@[2]}', position: 'bottom' },
    data: of
      .toSorted((a, b) => a.callers - b.callers)
      .map((row) => [rounded(row.transactionsPerSecond.median), rounded(row[latency].median), row.callers]),
  }
}

/** To four digits: more cannot be seen. */
function rounded(value: number): number {
  return Number(value.toPrecision(4))
}

/** Of Okabe and Ito: told apart by nearly everybody. */
const COLORS: readonly string[] = ['#000000', '#d55e00', '#e69f00', '#0072b2', '#56b4e9', '#009e73', '#cc79a7']
