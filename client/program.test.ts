import { describe, expect, test } from 'vitest'
import { encodeProgram, mayWrite, program } from './program.ts'

describe('program', () => {
  test('values become parameters', () => {
    expect(program`put ${'to'} get ${'from'} + ${1};`).toEqual({
      text: 'put $p0 get $p1 + $p2;',
      parameters: { p0: 'to', p1: 'from', p2: 1 },
    })
  })

  test('a letter right behind a value does not become part of its name', () => {
    expect(program`if ${true}1`.text).toBe('if $p0 1')
  })

  test('a template without values is its text', () => {
    expect(program`get "a";`).toEqual({ text: 'get "a";', parameters: {} })
  })

  test('names of parameters are identifiers', () => {
    expect(() => encodeProgram('', { 'a-b': 1 })).toThrow(expect.objectContaining({ code: 'invalid_argument' }))
    expect(() => encodeProgram('', { '1a': 1 })).toThrow('"1a"')
    expect(encodeProgram('', { _a1: 1 }).parameters[0]?.name).toBe('_a1')
  })

  test('a text with a lone surrogate is refused', () => {
    expect(() => encodeProgram('put "\ud800" 1;')).toThrow('the program is a string with a lone surrogate')
  })

  test('only a text with neither put nor delete certainly writes nothing', () => {
    expect(mayWrite('get "a";')).toBe(false)
    expect(mayWrite('put "a" 1;')).toBe(true)
    expect(mayWrite('delete "a";')).toBe(true)
  })
})
