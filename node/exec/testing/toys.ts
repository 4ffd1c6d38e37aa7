import { LanguageError, type Program, type ProgramView, type RunResult, type Value } from '../../../lang/index.ts'
import type { Entry } from '../../store/index.ts'
import type { Programs } from '../executor.ts'

/**
 * Programs of a few words, so that every way to end can be had by name. Statements are separated by `;`:
 * `get k`, `put k v`, `delete k`, `append k v`, `return v`, `abort v`, `fail` (a run-time error), `bug` (another
 * exception), `large n` (returns n characters), `deep` (returns lists in lists); `$name` names a parameter.
 * `syntax` does not compile.
 */
export const TOYS: Programs = { compile: compileToy }

type Written = Pick<Entry, 'value' | 'version'>

function compileToy(text: string): Program {
  if (text === 'syntax')
    throw new LanguageError('syntax_error', 'expected a statement', { position: { line: 1, column: 1 } })
  const statements = text.split(';').map((statement) => statement.trim().split(' '))
  return {
    canWrite: statements.some(([verb]) => verb === 'put' || verb === 'append' || verb === 'delete'),
    parameters: new Set(
      statements
        .flat()
        .filter((word) => word.startsWith('$'))
        .map((word) => word.slice(1)),
    ),
    run: (view, parameters) => runToy(statements, view, parameters),
  }
}

function runToy(
  statements: readonly (readonly string[])[],
  view: ProgramView,
  parameters: ReadonlyMap<string, Value>,
): RunResult {
  const reads = new Map<string, Value>()
  const writes = new Map<string, Written>()
  const get = (key: string): Written | undefined => writes.get(key) ?? view.get(key)
  const put = (key: string, value: Value): void => {
    const before = get(key)
    const version = before === undefined || before.value === null ? 0 : before.version + 1
    writes.set(key, { value, version: value === null ? 0 : version })
  }
  let value: Value = null
  for (const [verb, key = '', word = ''] of statements) {
    const operand = word.startsWith('$') ? (parameters.get(word.slice(1)) ?? null) : word
    switch (verb) {
      case 'get': {
        const found = view.get(key)?.value ?? null
        if (found !== null) reads.set(key, found)
        break
      }
      case 'put':
        put(key, operand)
        break
      case 'delete':
        put(key, null)
        break
      case 'append':
        put(key, `${get(key)?.value ?? ''}${operand}`)
        break
      case 'return':
        value = key
        break
      case 'large':
        value = 'x'.repeat(Number(key))
        break
      case 'deep':
        for (let depth = 0; depth < 40; depth++) value = [value]
        break
      case 'abort':
        return { status: 'aborted', value: key, reads, writes: new Map() }
      case 'fail':
        throw new LanguageError('type_error', 'cannot add string and int', { position: { line: 1, column: 7 } })
      case 'bug':
        throw new RangeError('stack overflow')
      default:
        throw new Error(`no such toy: ${verb}`)
    }
  }
  return { status: 'committed', value, reads, writes }
}
