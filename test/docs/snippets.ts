import { writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import ts from 'typescript'
import { type Block, type Page, ROOT } from './blocks.ts'
import { type Ended, runCommand, type Stage } from './stage.ts'

/** A TypeScript block in a file of its own, where `decree` can be imported. */
export interface Snippet {
  readonly block: Block
  readonly file: string
}

export function writeSnippet(page: Page, block: Block, stage: Stage): Snippet {
  const file = join(stage.folder(page), `snippet-${block.line}.ts`)
  // Two snippets of one page may declare the same names: each must be a module.
  writeFileSync(file, `${stage.localize(block.text)}\nexport {}\n`)
  return { block, file }
}

/** What the compiler has against the snippets, as sentences. */
export function complaints(snippets: readonly Snippet[]): readonly string[] {
  const { options } = ts.convertCompilerOptionsFromJson(
    { ...readOptions(), noEmit: true, isolatedModules: false, noUnusedLocals: false, rootDir: undefined },
    ROOT,
  )
  const program = ts.createProgram(
    snippets.map(({ file }) => file),
    options,
  )
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const snippet = snippets.find((each) => file !== undefined && basename(each.file) === basename(file.fileName))
    const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start ?? 0).line + 1
    const where = snippet === undefined ? String(file?.fileName) : `${snippet.block.page}:${snippet.block.line + line}`
    return `${where}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
  })
}

/** The project's own, so that snippets are checked as strictly as everything else. */
function readOptions(): object {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile)
  return (config as { readonly compilerOptions: object }).compilerOptions
}

export function runSnippet({ file, block }: Snippet, page: Page, stage: Stage): Promise<Ended> {
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext }
  const { outputText } = ts.transpileModule(stage.localize(block.text), { compilerOptions })
  const compiled = file.replace(/\.ts$/, '.js')
  writeFileSync(compiled, outputText)
  return runCommand([process.execPath, compiled], { cwd: stage.folder(page) })
}
