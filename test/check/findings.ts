import type { Finding } from './verdict.ts'

/** Collects findings: of each anomaly the first few, which tell enough, and how many there were. */
export class Findings {
  readonly #shown: Finding[] = []
  readonly #counts = new Map<string, number>()

  add(finding: Finding): void {
    const count = (this.#counts.get(finding.anomaly) ?? 0) + 1
    this.#counts.set(finding.anomaly, count)
    if (count <= SHOWN_MAX) this.#shown.push(finding)
  }

  get shown(): readonly Finding[] {
    return this.#shown
  }

  /** For a verdict's counts: how many findings of each anomaly are not shown. */
  get hidden(): Readonly<Record<string, number>> {
    const hidden: Record<string, number> = {}
    for (const [anomaly, count] of this.#counts) {
      if (count > SHOWN_MAX) hidden[`${anomaly} findings not shown`] = count - SHOWN_MAX
    }
    return hidden
  }
}

const SHOWN_MAX = 10
