import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ts from 'typescript'
import type { Mutant } from './mutants.ts'

/**
 * A copy of the build of the project in `project`, with the mutant's changes. `remove` it in the end. Throws when a change
 * fits the source no longer.
 */
export function build(project: string, mutant: Mutant): { readonly directory: string; readonly remove: () => void } {
  const directory = mkdtempSync(join(tmpdir(), 'decree-mutant-'))
  const remove = (): void => rmSync(directory, { recursive: true, force: true })
  try {
    cpSync(join(project, 'dist'), directory, { recursive: true, filter: (path) => !/\.(d\.ts|map)$/.test(path) })
    cpSync(join(project, 'package.json'), join(directory, 'package.json'))
    symlinkSync(join(project, 'node_modules'), join(directory, 'node_modules'))
    for (const file of new Set(mutant.changes.map((change) => change.file))) {
      let source = readFileSync(join(project, file), 'utf8')
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
