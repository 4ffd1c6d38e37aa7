import { expect, test } from 'vitest'
import { compile, type Program, type Value } from '../../../lang/index.ts'
import { Random } from '../../support/random.ts'
import type { Operation } from '../history.ts'
import { Story } from '../testing/story.ts'
import { judgeReplay } from './replay.ts'

/**
 * Small histories of programs that depend on one another, some of them unknown, some told wrongly: the replay must
 * agree exactly where trying all places of the unknown ones finds one that agrees.
 */

type Contents = ReadonlyMap<string, Value>

const programs = new Map<string, Program>()

function run(
  text: string,
  state: Contents,
): { readonly told: string; readonly after: Contents; readonly wrote: boolean } {
  const program = programs.get(text) ?? compile(text)
  programs.set(text, program)
  const get = (key: string) => (state.has(key) ? { value: state.get(key) ?? null, version: 0, revision: 0 } : undefined)
  const { reads, writes } = program.run({ revision: 0, get, scan: () => [] }, new Map())
  const after = new Map(state)
  for (const [key, { value }] of writes) after.set(key, value)
  return { told: JSON.stringify([...reads]), after, wrote: writes.size > 0 }
}

function textOf(random: Random, token: string): string {
  const [own, other] = random.chance(0.5) ? ['a', 'b'] : ['b', 'a']
  switch (random.below(7)) {
    case 0:
      return `put "${own}" get "${own}" + "${token}"; put "${other}" get "${other}" + "${token}";`
    case 1:
      return `if get "${own}" == null { put "${other}" "${token}"; }`
    case 2:
      return `put "${own}" get "${other}" + "${token}";`
    case 3:
      return `get "a"; get "b";`
    case 4:
      return `put "${own}" "${token}";`
    default:
      return `put "${own}" get "${own}" + "${token}";`
  }
}

/** A history of a true execution, in which perhaps one program was told something else. */
function story(random: Random): Story {
  const events = new Story()
  let state: Contents = new Map()
  let revision = 0
  const isWrong = random.chance(0.5)
  const wrongAt = random.below(6)
  for (let step = 0; step < 7; step += 1) {
    const text = textOf(random, String.fromCharCode(112 + step))
    const process = step + 1
    const { told, after, wrote } = run(text, state)
    if (random.chance(0.4)) {
      events.begin(process, { program: text }).info(process)
      // It happens now, or never. Sometimes a session takes a revision instead.
      if (random.chance(0.5) && wrote) {
        state = after
        revision += 1
      } else if (random.chance(0.5)) revision += 1
      continue
    }
    if (wrote) revision += 1
    state = after
    const reads = Object.fromEntries(JSON.parse(told))
    if (isWrong && step === wrongAt) reads[random.pick(['a', 'b'])] = random.pick(['p', 'q', 'pq', 'rp'])
    events.run(process, { program: text, answer: { revision, reads, value: null } })
  }
  return events
}

/** Tries all places of unknown programs, revision by revision. */
function agrees(operations: readonly Operation[]): boolean {
  const known = operations.filter(({ outcome }) => outcome === 'committed')
  const last = Math.max(0, ...known.map(({ answer }) => answer.revision ?? 0))
  const floorOf = ({ invoked }: Operation): number =>
    Math.max(0, ...known.filter(({ completed }) => completed < invoked).map(({ answer }) => answer.revision ?? 0))
  const toldBy = ({ answer }: Operation): string =>
    JSON.stringify(Object.entries(answer.reads ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)))
  const textIn = ({ program }: Operation): string => program?.text ?? ''
  const isReadOf = (operation: Operation, state: Contents): boolean => {
    const { told, wrote } = run(textIn(operation), state)
    return !wrote && told === toldBy(operation)
  }
  const follow = (revision: number, state: Contents, unknown: readonly Operation[]): boolean => {
    if (revision > last) return true
    const here = known.filter(({ answer }) => answer.revision === revision)
    const goOn = (after: Contents, writer: Operation | undefined, rest: readonly Operation[]): boolean =>
      here.every((each) => each === writer || isReadOf(each, after)) && follow(revision + 1, after, rest)
    if (goOn(state, undefined, unknown)) return true
    for (const writer of here) {
      const { told, after, wrote } = run(textIn(writer), state)
      if (wrote && told === toldBy(writer) && goOn(after, writer, unknown)) return true
    }
    return unknown.some((placed) => {
      const { after, wrote } = run(textIn(placed), state)
      const rest = unknown.filter((other) => other !== placed)
      return wrote && floorOf(placed) < revision && goOn(after, undefined, rest)
    })
  }
  return follow(
    0,
    new Map(),
    operations.filter(({ outcome }) => outcome === 'unknown'),
  )
}

test('unknown programs are placed exactly where trying all places finds some', () => {
  const found = { agree: 0, disagree: 0, placed: 0 }
  for (let seed = 0; seed < 3_000; seed += 1) {
    const { operations } = story(new Random(seed)).history()
    const expected = agrees(operations)
    const { valid, findings, counted } = judgeReplay(operations)
    // Told wrongly, a revision may also contradict real time; that is not what is compared here.
    const replayed = findings.find(({ anomaly }) => anomaly !== 'revision-order')?.anomaly
    expect({ seed, valid: replayed === undefined, undecided: valid === 'unknown' }).toEqual({
      seed,
      valid: expected,
      undecided: false,
    })
    found[expected ? 'agree' : 'disagree'] += 1
    if ((counted['unknown programs placed'] ?? 0) > 0) found.placed += 1
  }
  expect(Math.min(found.agree, found.disagree, found.placed)).toBeGreaterThan(300)
})
