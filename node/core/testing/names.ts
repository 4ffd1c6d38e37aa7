import type { Message } from '../messages.ts'
import { nameOf } from './telling.ts'
import type { Node, World } from './world.ts'

/** The node of that name; an Error when there is none. */
export function nodeOf(world: World, name: string): Node {
  const node = world.nodes.find((other) => other.name === name)
  if (node === undefined) throw new Error(`there is no node "${name}"`)
  return node
}

/** The node of that name, whose core runs; an Error when it does not. */
export function upNodeOf(world: World, name: string): Node {
  const node = nodeOf(world, name)
  if (node.core === null) throw new Error(`${name} is down`)
  return node
}

/** `A->B,C` is two ordered pairs, `A<->B` as well; `*` stands for every node. */
export function pairsOf(world: World, route: string): readonly string[] {
  const match = /^([A-Z,]+|\*)(<?->)([A-Z,]+|\*)$/.exec(route)
  if (match === null) throw new Error(`"${route}" is not a way between nodes`)
  const [, left = '', arrow, right = ''] = match
  const namesOf = (side: string) =>
    side === '*' ? world.nodes.map(({ name }) => name) : side.split(',').map((name) => nodeOf(world, name).name)
  return namesOf(left).flatMap((from) =>
    namesOf(right).flatMap((to) => (arrow === '->' ? [`${from}->${to}`] : [`${from}->${to}`, `${to}->${from}`])),
  )
}

/**
 * What is under way between these nodes and begins with these words, in the order in which it was sent: with `first`
 * before them, only the first. An Error when there is nothing.
 */
export function messagesOf(world: World, which: string): readonly Message[] {
  const words = which.split(' ')
  const isFirstOnly = words[0] === 'first'
  const [route = '', ...beginning] = isFirstOnly ? words.slice(1) : words
  const pairs = new Set(pairsOf(world, route))
  const found = world.network.filter((message) => {
    const isBetween = pairs.has(`${nameOf(message.from)}->${nameOf(message.to)}`)
    return isBetween && beginning.every((word, index) => world.describe(message).split(' ')[index] === word)
  })
  if (found.length === 0) throw new Error(`nothing under way is "${which}"`)
  return isFirstOnly ? found.slice(0, 1) : found
}
