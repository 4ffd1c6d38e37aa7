import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import type { Mutant } from './mutants.ts'

/** dist/, from a file in dist/test/sim/. */
const BUILD = fileURLToPath(new URL('../../', import.meta.url))
const PROJECT = fileURLToPath(new URL('../../../', import.meta.url))

/** A copy of the build with the mutant's changes. `remove` it in the end. Throws when a change fits the source no longer. */
export function build(mutant: Mutant): { readonly directory: string; readonly remove: () => void } {
  const directory = mkdtempSync(join(tmpdir(), 'decree-mutant-'))
  const remove = (): void => rmSync(directory, { recursive: true, force: true })
  try {
    cpSync(BUILD, directory, { recursive: true, filter: (path) => !/\.(d\.ts|map)$/.test(path) })
    cpSync(join(PROJECT, 'package.json'), join(directory, 'package.json'))
    symlinkSync(join(PROJECT, 'node_modules'), join(directory, 'node_modules'))
    for (const file of new Set(mutant.changes.map((change) => change.file))) {
      let source = readFileSync(join(PROJECT, file), 'utf8')
      for (const { from, to } of mutant.changes.filter((change) => change.file === file)) {
        if (source.split(from).length !== 2) {
          throw new Error(`the mutant "${mutant.name}" changes a text that ${file} does not hold exactly once: ${from}`)
        }
        source = source.replace(from, () => to)
      }
      writeFileSync(join(directory, file.replace(/\.ts$/, '.js')), compile(source))
    }
    return { directory, remove }
  } catch (thrown) {
    remove()
    throw thrown
  }
}

function compile(source: string): string {
  const compilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    verbatimModuleSyntax: true,
    rewriteRelativeImportExtensions: true,
  }
  return ts.transpileModule(source, { compilerOptions }).outputText
}
