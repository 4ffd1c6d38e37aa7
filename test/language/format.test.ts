import fc from 'fast-check'
import { expect, test } from 'vitest'
import { explain } from '../../lang/explain.ts'
import { format } from '../../lang/format.ts'
import { limits } from '../../lang/limits.ts'
import { parseShape } from '../../lang/parse.ts'
import { Pieces } from '../../lang/pieces.ts'
import { scan } from '../../lang/scan.ts'
import { type Choices, chosen } from './choices.ts'
import { layOut } from './print.ts'
import { TreeMaker } from './random-tree.ts'
import { render } from './spelling.ts'

/** A program's text in some style, comments everywhere included. */
const texts = chosen((choices: Choices) => {
  const maker = new TreeMaker(choices)
  const { tokens } = layOut(maker.program(), maker.literals, choices)
  return render(tokens, choices)
}).filter((text) => Buffer.byteLength(text) < limits.programBytesMax / 4)

/** Without the numbers of tokens, which parentheses and commas change. */
function treeOf(text: string): unknown {
  const outcome = parseShape({ type: 'parse', shape: scan(text).shape })
  if (outcome.type === 'fault') throw new Error(`${text}\n${outcome.sentence}`)
  return JSON.parse(JSON.stringify(outcome.tree, (name, value: unknown) => (name === 'at' ? undefined : value)))
}

function commentsOf(text: string): readonly string[] {
  const pieces = new Pieces(text)
  const all = Array.from({ length: pieces.tokens.length + 1 }, (_, token) => pieces.comments(token)).flat()
  return all.map(({ start, end }) => text.slice(start, end).replace(/[ \t\r]+$/, '')).sort()
}

test('a program that is formatted has the same tree, the same literals and the same comments', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const formatted = format(text)
      expect(treeOf(formatted)).toEqual(treeOf(text))
      expect(scan(formatted).literals).toEqual(scan(text).literals)
      expect(commentsOf(formatted)).toEqual(commentsOf(text))
    }),
    { numRuns: 300 },
  )
})

test('what is formatted stays as it is', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const formatted = format(text)
      expect(format(formatted)).toBe(formatted)
    }),
    { numRuns: 300 },
  )
})

test('texts with the same tokens have the same shape, and so has what is formatted', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const shape = explainedShape(text)
      if (shape === undefined) return
      expect(explainedShape(format(text))).toBe(shape)
    }),
    { numRuns: 100 },
  )
})

function explainedShape(text: string): string | undefined {
  try {
    return explain(text).shape
  } catch {
    return undefined
  }
}
