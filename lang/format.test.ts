import { describe, expect, test } from 'vitest'
import { format } from './format.ts'
import { errorOf } from './testing/errors.ts'

/** Formats lines; what comes out must stay as it is. */
function formatted(...lines: readonly string[]): string {
  const text = format(lines.join('\n'))
  expect(format(text)).toBe(text)
  return text
}

/** An expression, in a statement. */
function expression(text: string): string {
  return formatted(`a=${text};`).slice('a = '.length, -2)
}

describe('format', () => {
  test('sets a statement a line, two spaces a level', () => {
    const text = 'if a==1{put"k"2;delete k;}else if b{}else{for x,y in m{get(x);}}a=b=="";b=null;m={};k="k";'
    expect(formatted(text)).toBe(
      `if a == 1 {
  put "k" 2;
  delete k;
} else if b {} else {
  for x, y in m {
    get x;
  }
}
a = b == "";
b = null;
m = {};
k = "k";
`,
    )
  })

  test('keeps an else if within else, and leaves out an else that says nothing', () => {
    expect(formatted('if a {} else { if b {} }')).toBe('if a {} else {\n  if b {}\n}\n')
    expect(formatted('if a {} else {}')).toBe('if a {}\n')
  })

  test('else if stands at the level of its if, however deep', () => {
    expect(formatted('if a { if b { get c; } else if d { get e; } }')).toBe(
      'if a {\n  if b {\n    get c;\n  } else if d {\n    get e;\n  }\n}\n',
    )
  })

  test.each([
    ['((a))', 'a'],
    ['(a*b)+(c/d)', 'a * b + c / d'],
    ['a-(b+c)', 'a - (b + c)'],
    ['(a-b)+c', '(a - b) + c'],
    ['!(a==b)', '!(a == b)'],
    ['(!a)==b', '!a == b'],
    ['-(-1)', '--1'],
    ['- 9223372036854775808', '-9223372036854775808'],
    ['-(a+b)*c', '-(a + b) * c'],
    ['(a<b)==(c<d)', '(a < b) == (c < d)'],
    ['(a&&b)||c', 'a && b || c'],
    ['a&&(b||c)', 'a && (b || c)'],
    ['a??(b??c)', 'a ?? (b ?? c)'],
    ['(get a)[0].get', 'get a[0].get'],
    ['(a.b).c', '(a.b).c'],
    ['(a+b)[0]', '(a + b)[0]'],
    ['(-a)[0]', '(-a)[0]'],
    ['get(a.b)', 'get (a.b)'],
    ['exists("k")', 'exists "k"'],
    ['version(get(get $p))', 'version (get (get $p))'],
    ['(scan p)[0]', 'scan p[0]'],
    ['(scan p limit 1)[0]', '(scan p limit 1)[0]'],
    ['scan p after (scan q) limit 1', 'scan p after (scan q) limit 1'],
    ['scan p after (scan q limit 2) limit 1', 'scan p after scan q limit 2 limit 1'],
    ['scan p after (scan q limit (scan r)) limit 1', 'scan p after (scan q limit scan r) limit 1'],
    ['scan p after (a+b) limit(n)', 'scan p after (a + b) limit n'],
    ['[1,(2),]', '[1, 2]'],
    ['{a:1,"b c":2,("d"):3,(e+f):4,(true):5,true:6,}', '{a: 1, "b c": 2, "d": 3, (e + f): 4, (true): 5, true: 6}'],
    ['slice((s),-1)', 'slice(s, -1)'],
    ['"\\u0041\\n"', '"\\u0041\\n"'],
    ['1.50e+3', '1.50e+3'],
  ])('%s has no more parentheses than it needs', (text, expected) => {
    expect(expression(text)).toBe(expected)
  })

  test('a key in parentheses keeps them where it would be read otherwise', () => {
    expect(formatted('put(x)(y)+1;put("k")[1];put(get k)$v;delete(1);')).toBe(
      'put x y + 1;\nput "k" [1];\nput (get k) $v;\ndelete (1);\n',
    )
  })

  test('comments keep their lines', () => {
    const text = `// first

/* two
   lines */
get "a"; // why

// before the if
if a { // opens
  // inside
  b = 1; /* one */ // two

  // last
} // closed
// end
`
    expect(formatted(text)).toBe(text)
  })

  test('comments within a statement go in front of it, those within an else if into its block', () => {
    expect(formatted('a = [1, // one', '2 /* two */];')).toBe('// one\n/* two */\na = [1, 2];\n')
    expect(formatted('if /* c */ a {} // d', 'else /* e */ if b /* f */ {}', 'else { /* g */ }')).toBe(
      '/* c */\nif a {} else if b {\n  // d\n  /* e */\n  /* f */\n} else {\n  /* g */\n}\n',
    )
  })

  test('a comment in front of a statement on its line belongs to it', () => {
    expect(formatted('a = 1; /* of b */ b = 2;')).toBe('a = 1;\n/* of b */\nb = 2;\n')
  })

  test('one empty line is kept where there are some, none at the ends of a block', () => {
    expect(formatted('', '', 'a=1;', '', ' ', '', 'if a {', '', 'b=2;', '', '}')).toBe(
      'a = 1;\n\nif a {\n  b = 2;\n}\n',
    )
  })

  test('breaks what is longer than 100 columns, where it hurts least', () => {
    const name = 'n'.repeat(30)
    expect(formatted(`put "k" ${name} + ${name} * 2 - ${name} + ${name};`)).toBe(
      `put "k" ${name}\n  + ${name} * 2\n  - ${name}\n  + ${name};\n`,
    )
    expect(formatted(`m = {a: [${name}], b: f(${name}, ${name}, ${name}, ${name}), c: 1};`)).toBe(
      `m = {
  a: [${name}],
  b: f(
    ${name},
    ${name},
    ${name},
    ${name}
  ),
  c: 1,
};
`,
    )
    expect(formatted(`if ${name} == 1 && ${name} == 2 && ${name} == 3 { get "k"; }`)).toBe(
      `if ${name} == 1\n    && ${name} == 2\n    && ${name} == 3 {\n  get "k";\n}\n`,
    )
    expect(formatted(`put "${'k'.repeat(60)}" "${'v'.repeat(60)}";`)).toBe(
      `put "${'k'.repeat(60)}"\n  "${'v'.repeat(60)}";\n`,
    )
  })

  test('fills lines with the elements of long lists', () => {
    const text = formatted(`put "k" [${Array.from({ length: 60 }, (_, index) => index * 1_000).join(',')}];`)
    const lines = text.trimEnd().split('\n')
    expect(lines.length).toBeLessThan(8)
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(100)
    expect(lines.slice(1, 3).every((line) => line.length > 90)).toBe(true)
  })

  test('100 columns fit, counted in code points; 101 do not', () => {
    const of = (count: number) => formatted(`a = ["${'😀'.repeat(count)}", 1];`)
    expect(of(100 - 'a = ["", 1];'.length)).not.toContain('[\n')
    expect(of(101 - 'a = ["", 1];'.length)).toContain('[\n')
  })

  test('an empty text stays empty, comments alone stay', () => {
    expect(formatted(' \n')).toBe('')
    expect(formatted(' // c')).toBe('// c\n')
  })

  test('what is no program is told with its place', () => {
    const error = errorOf(() => format('get "a"'))
    expect(error).toMatchObject({ code: 'syntax_error', position: { line: 1, column: 8 } })
    expect(error.message).toContain('\n       ^')
  })

  test('a program is not made too large to run', () => {
    const dense = `${'if true{'.repeat(20)}${'a=1;'.repeat(1_900)}${'}'.repeat(20)}`
    expect(errorOf(() => format(dense))).toMatchObject({ code: 'limit_exceeded', limit: { name: 'programBytesMax' } })
  }, 120_000)
})
