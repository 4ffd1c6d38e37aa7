import type { Block } from './blocks.ts'

/** What was typed at the prompt, and what the prompt said, without the prompts themselves. */
export interface Transcript {
  readonly input: string
  readonly output: readonly string[]
}

export function isTranscript({ text }: Block): boolean {
  return text.startsWith('> ')
}

/** Lines that begin with `> ` or `. ` were typed; a lone `.` is the empty line that sends. */
export function transcriptOf({ text }: Block): Transcript {
  const typed: string[] = []
  const output: string[] = []
  for (const line of text.split('\n')) {
    if (/^[>.]( |$)/.test(line)) typed.push(line.slice(2))
    else output.push(line)
  }
  return { input: `${typed.join('\n')}\n`, output }
}

/** What the prompt printed where nobody types: its prompts stand before its answers, without line ends between. */
export function withoutPrompts(printed: string): readonly string[] {
  return printed
    .split('\n')
    .map((line) => line.replace(/^(?:[>.] )+/, ''))
    .filter((line) => line !== '')
}
