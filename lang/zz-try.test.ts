import { test } from 'vitest'
import { compile } from './index.ts'

const time = (what: string, f: () => unknown) => {
  const t = performance.now()
  let r: unknown
  try {
    r = f()
  } catch (e) {
    r = (e as Error).constructor.name + ': ' + String((e as Error).message).slice(0, 300)
  }
  console.log(what, (performance.now() - t).toFixed(1), 'ms', typeof r === 'string' ? r : '')
}
test('x', () => {
  for (const text of [
    'put "a" ;',
    'put "a" "b"',
    'a == b;',
    'x = 1;',
    'if get "a" == "b" == "c" { }',
    'version = "x";',
    'delete "x";',
    'if (get "a" = "b") {}',
    'put "a" "b" "c";',
    'get "a" + "b";',
    '}',
    'x = "a" +;',
    'y = x;',
    'é = "a";',
    '"abc',
    '/* a',
    'x = "\\q";',
    'if "a" { put "x" "y";',
    'else { }',
    'get get "x";',
    '\tx = ("a" + ;',
    'put "" "x";',
    'x = "\\ud800";',
    'x = $;',
    'x = a b;',
    'foo',
    '$x = "a";',
    'putx "a" "b";',
  ])
    time(JSON.stringify(text), () => compile(text))
  const full = (unit: string, tail = '') => unit.repeat(Math.floor((65536 - tail.length) / unit.length)) + tail
  //  time('sum', () => compile('x = "" ; y = ' + 'x + '.repeat(16000) + 'x;'))
  //  time('sum run', () => compile('x = "" ; y = ' + 'x + '.repeat(16000) + 'x;').run(new Map() as any, new Map()))
  //  time('sum dense', () => compile('x=$x;y=' + 'x+'.repeat(32000) + 'x;'))
  //  time('or', () => compile('x = true; y = ' + 'x||'.repeat(20000) + 'x;'))
  //  time('statements', () => compile(full('get a;', 'a="b";')))
  //  time('statements2', () => compile(full('put "abc" "d";')))
  //  time('else if', () => compile('a=true;if a { }' + full('else if a {}').slice(0, 65000 - 65000 % 12)))
  //  time('literal', () => compile('x = "' + 'a'.repeat(65000) + '";'))
  //  time('literal error', () => compile('x = "' + 'a'.repeat(65000) + '"'))
  //  time('stmt error', () => compile(full('put "abc" "d";', 'x')))
  time('comment', () => compile('//' + 'a'.repeat(65000) + ''))
  time('spaces', () => compile(' '.repeat(65000) + 'x'))
  for (const deep of [60, 63, 64, 65, 10000]) {
    time('paren' + deep, () => compile('x = ' + '('.repeat(deep) + '"a"' + ')'.repeat(deep) + ';'))
    time('not' + deep, () => compile('x = ' + '!'.repeat(deep) + 'true' + ';'))
    time('get' + deep, () => compile('x = ' + 'get ('.repeat(deep) + '"a"' + ')'.repeat(deep) + ';'))
    time('if' + deep, () => compile('if !true{'.repeat(deep) + '}'.repeat(deep)))
    time('open' + deep, () => compile('x = ' + '('.repeat(deep)))
  }
})
