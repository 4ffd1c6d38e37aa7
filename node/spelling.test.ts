import { expect, test } from 'vitest'
import { nearest } from '../proto/spelling.ts'

const WORDS = ['DECREE_ROTATE', 'DECREE_MY_IP', 'DECREE_NODE_IPS']

test.each([
  ['DECREE_ROTAET', 'DECREE_ROTATE'],
  ['decree_rotate', 'DECREE_ROTATE'],
  ['DECREE_NODE_IP', 'DECREE_NODE_IPS'],
  ['DECREE_MYIP', 'DECREE_MY_IP'],
  ['DECREE_MMY_IPP', 'DECREE_MY_IP'],
])('%s is a misspelling of %s', (word, meant) => {
  expect(nearest(word, WORDS)).toBe(meant)
})

test.each(['DECREE_SERVICE_HOST', 'DECREE_PORT', 'DECREE_ROOT', ''])('%j is like none of them', (word) => {
  expect(nearest(word, WORDS)).toBeUndefined()
})
