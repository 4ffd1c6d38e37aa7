import { readdirSync, readFileSync } from 'node:fs'
import type { Case } from './case.ts'
import { parseCases } from './parse-cases.ts'

const FOLDER = new URL('./cases/', import.meta.url)

/** All cases, by topic. Throws an Error that names the file and line of what is wrong with one. */
export function readCases(): ReadonlyMap<string, readonly Case[]> {
  const topics = new Map<string, readonly Case[]>()
  const places = new Map<string, string>()
  for (const file of readdirSync(FOLDER).sort()) {
    const cases = parseCases(readFileSync(new URL(file, FOLDER), 'utf8'), `test/conformance/cases/${file}`)
    for (const { title, place } of cases) {
      const other = places.get(title)
      if (other !== undefined) throw new Error(`${place}: the title stands at ${other} already`)
      places.set(title, place)
    }
    topics.set(file.replace(/\.txt$/, ''), cases)
  }
  return topics
}
