import { describe, expect, it } from 'vitest'
import { expectedAccount, tell } from './case.ts'
import { expand, formatValue, parseValue } from './notation.ts'
import { parseCases } from './parse-cases.ts'

const GOOD = `About

# A title.
before "a" = 1
before "b" = [2.0, null] (version 3, revision 2)
given $n = 5
    put "a" $n;
    return get "b";
returns [2.0, null]
reads "b" = [2.0, null]
after + "a" = 5 (version 1)
after   "b" = [2.0, null]
`

const parse = (text: string) => parseCases(text, 'x.txt')
const change = (from: string, to: string) => {
  expect(GOOD).toContain(from)
  return GOOD.replace(from, to)
}

describe('a case', () => {
  it('says what is there, what runs, and what happens', () => {
    expect(parse(GOOD)).toEqual([
      {
        title: 'A title.',
        place: 'x.txt:3',
        source: `${GOOD.slice(GOOD.indexOf('#'))}\n`,
        before: new Map([
          ['a', { value: 1n, version: 0, revision: 1 }],
          ['b', { value: [2, null], version: 3, revision: 2 }],
        ]),
        parameters: new Map([['n', 5n]]),
        program: 'put "a" $n;\nreturn get "b";',
        outcome: { type: 'committed', value: [2, null] },
        reads: new Map([['b', [2, null]]]),
        writes: new Map([['a', { value: 5n, version: 1 }]]),
      },
    ])
  })

  it('is parsed alike from its own lines', () => {
    const [first] = parse(GOOD)
    expect(parseCases(first?.source ?? '', 'x.txt')).toMatchObject([{ ...first, place: 'x.txt:1' }])
  })

  it('counts revisions from where it begins', () => {
    const text = '# It is.\nbefore "a" = 1\n    return revision "a";\nreturns @1\n'
    expect(parseCases(text, 'x.txt', 40)).toMatchObject([{ outcome: { value: 41n } }])
  })

  it.each([
    ['no case at all', 'About\n', 'x.txt:1: there is no case; its title begins with "# "'],
    ['a title that is no sentence', change('# A title.', '# a title'), 'x.txt:3: a title is a sentence'],
    [
      'the same title twice',
      `${GOOD}\n${GOOD.slice(GOOD.indexOf('#'))}`,
      'x.txt:14: the title stands at x.txt:3 already',
    ],
    ['no line between two cases', `${GOOD}${GOOD.slice(GOOD.indexOf('#'))}`, 'x.txt:13: an empty line belongs between'],
    ['an end in the middle of a line', GOOD.trimEnd(), 'the file ends without a line break'],
    ['lines without a title', change('# A title.\n', '# A title.\n\n'), 'x.txt:4: the case at x.txt:3 has no program'],
    ['a word that is none', change('returns', 'retruns'), 'x.txt:9: what kind of line is this?'],
    ['prose', change('given', 'Given a number:\ngiven'), 'x.txt:6: what kind of line is this?'],
    [
      'an empty line within',
      change('    return', '\n    return'),
      'x.txt:8: the case at x.txt:3 does not say what happens',
    ],
    ['no outcome', change('returns [2.0, null]\n', ''), 'x.txt:9: the line before says what happens'],
    ['two outcomes', change('returns', 'commits\nreturns'), 'x.txt:10: a case has one outcome'],
    [
      'lines in the wrong order',
      change('reads', 'given $x = 1\nreads'),
      'x.txt:10: a line of this kind (given) comes before',
    ],
    ['blanks at the end', change('put "a" $n;', 'put "a" $n; '), 'x.txt:7: blanks at the end'],
    ['a value that is none', change('returns [2.0, null]', 'returns [2.0, nil]'), 'x.txt:9: no value: nil]'],
    ['two values', change('returns [2.0, null]', 'returns 1 2'), 'x.txt:9: a value was expected to end before " 2"'],
    [
      'a key twice',
      change('before "b" = [2.0, null] (version 3, revision 2)', 'before "a" = 2'),
      'x.txt:5: "a" stands there',
    ],
    ['a null before', change('before "a" = 1', 'before "a" = null'), 'x.txt:4: null is absence'],
    [
      'a revision at which nothing was written',
      change('revision 2', 'revision 3'),
      'nothing was written at revision 2',
    ],
    [
      'a read of another value',
      change('reads "b" = [2.0, null]', 'reads "b" = [2, null]'),
      'x.txt:10: what is read is the value before',
    ],
    [
      'a read of an absent key',
      change('reads "b" = [2.0, null]', 'reads "c" = 1'),
      'x.txt:10: what is read is the value before',
    ],
    [
      'an untouched key that is changed',
      change('after   "b" = [2.0, null]', 'after   "b" = 1'),
      'x.txt:12: what is neither written',
    ],
    ['a key that is forgotten', change('after   "b" = [2.0, null]\n', ''), 'must say once what becomes of "b"'],
    [
      'a delete of an absent key',
      change('after + "a" = 5 (version 1)', 'after - "c"'),
      'x.txt:11: no key that was there',
    ],
    [
      'marks that mean nothing',
      change('(version 1)', '(version one)'),
      'x.txt:11: nothing is meant by (version one) here',
    ],
    ['effects of what aborts', change('returns', 'aborts'), 'x.txt:11: only what commits has effects'],
    ['a code that is none', '# It is.\n    get;\nfails: wrong at line 1, column 1\n', 'x.txt:3: an error is a code'],
    ['half a place', '# It is.\n    get;\nfails: type_error at line 1\n', 'x.txt:3: an error is a code'],
    [
      'a limit without a name',
      '# It is.\n    get;\nfails: limit_exceeded\n',
      'x.txt:3: limit_exceeded, and only that, has a limit',
    ],
    [
      'a limit that is none',
      '# It is.\n    get;\nfails: limit_exceeded (fooMax)\n',
      'x.txt:3: no limit is named fooMax',
    ],
    [
      'reads of what fails',
      '# It is.\nbefore "a" = 1\n    get;\nfails: type_error\nreads "a" = 1\n',
      'reads or writes something',
    ],
    [
      'a commit that asserts nothing',
      '# It is.\n    x = 1;\ncommits\n',
      'reads and writes nothing: write "does nothing"',
    ],
    [
      'nothing that does something',
      '# It is.\n    put "a" 1;\ndoes nothing\nafter + "a" = 1\n',
      'reads or writes something',
    ],
    [
      'an "after" that says nothing',
      '# It is.\nbefore "a" = 1\n    x = 1;\nreturns 1\nafter   "a" = 1\n',
      'so that "after" says nothing',
    ],
  ])('is refused loudly with %s', (_, text, message) => {
    expect(() => parse(text)).toThrow(message)
  })

  it.each([
    ['another type', 'returns [2.0, null]', 'returns [2, null]'],
    ['another version', '(version 1)', '(version 2)'],
    ['another value written', '= 5 (', '= 5.0 ('],
    ['a delete', 'after + "a" = 5 (version 1)', 'after - "a"'],
    ['an abort', 'returns', 'aborts'],
    ['one read less', 'reads "b" = [2.0, null]\n', ''],
  ])('tells something else with %s', (_, from, to) => {
    const told = (text: string) => parse(text).map((each) => tell(expectedAccount(each)))
    const changed = to === 'aborts' ? change(from, to).replace(/after.*\n/g, '') : change(from, to)
    expect(told(changed)).not.toEqual(told(GOOD))
  })
})

describe('a value', () => {
  it.each([
    'null',
    'true',
    '-5',
    '9223372036854775807',
    '1.0',
    '1e+300',
    '"a\\"\\n"',
    '[]',
    '[1, [1.5, {}]]',
    '{"": null, "a": {"b": [true]}}',
    '<>',
    '<00 ff 10>',
  ])('is written as it was read: %s', (text) => {
    expect(formatValue(parseValue(text))).toBe(text)
  })

  it.each(['', '01', '.5', '{a: 1}', '{"a": 1, "a": 2}', '[1 2]', '<0>', '<0G>', '"a', 'nulls', '1.', '@'])(
    'is refused: %j',
    (text) => {
      expect(() => parseValue(text)).toThrow()
    },
  )

  it('may be abbreviated', () => {
    expect(expand('"⟨ab × 3⟩⟨U+00A0⟩"')).toBe('"ababab\u00a0"')
    expect(() => expand('⟨ab⟩')).toThrow('enclose')
  })
})
