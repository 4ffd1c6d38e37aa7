import * as ohm from 'ohm-js'
import { expect, test } from 'vitest'
import { grammar, shapeGrammar } from './grammar.ts'
import { TEXTS } from './warm.ts'

const again = ohm.makeRecipe(JSON.parse(shapeGrammar.toRecipe()))

test('a grammar made from its recipe has the same rules, those of the grammar of record included', () => {
  expect(again.toRecipe()).toBe(shapeGrammar.toRecipe())
  expect(again.superGrammar.toRecipe()).toBe(grammar.toRecipe())
})

test('a grammar made from its recipe says the same of good programs and of bad ones', () => {
  const texts = [...TEXTS, 'put "a" ;', 'get', 'x = ;', '{', 'for k in scan { }']
  for (const text of texts) {
    const [one, other] = [again.superGrammar.match(text), grammar.match(text)]
    expect(one.succeeded()).toBe(other.succeeded())
    if (one.failed() && other.failed()) expect(one.message).toBe(other.message)
  }
})
