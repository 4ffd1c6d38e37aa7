import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { reservedWords } from '../lang/words.ts'
import { DecreeError } from './errors.ts'
import { historyFile, loadHistory, remember } from './history.ts'
import { describeAnswer, describeError } from './output.ts'
import { encodeProgram, mayWrite } from './program.ts'
import type { Session } from './session.ts'
import { askStatus, statusTable } from './status.ts'

const HELP = `Type a program, on as many lines as you like; an empty line sends it. For example:

  put "a" "AAA";
  get "a";

.help    this text
.status  the servers and how far they are
.time    says how long each program took, or stops saying it
.quit    ends, as Ctrl-D does

Ctrl-C abandons what was typed, or the wait for an answer.`

const COMMANDS = ['.help', '.status', '.time', '.quit']

/** Where the REPL reads and writes. */
export interface ReplOptions {
  readonly session: Session
  readonly input: Readable
  readonly output: Writable
  /** A terminal gets line editing, history and completion. Default false: lines are read as they come. */
  readonly terminal?: boolean
  /** For each program, in milliseconds. Default 5,000. */
  readonly timeoutMs?: number | undefined
  /** Ends the REPL when it fires. */
  readonly signal?: AbortSignal
}

/** Reads programs and prints what they give, until the input ends or `.quit`. */
export async function repl(options: ReplOptions): Promise<void> {
  await new Repl(options).run()
}

class Repl {
  readonly #options: ReplOptions
  /** The lines of the program so far. */
  #lines: string[] = []
  #timing = false
  /** Lines that were read and not looked at yet: they come while a program runs. */
  #unread: string[] = []
  #wake = () => {}
  #ended = false
  #running: AbortController | undefined

  constructor(options: ReplOptions) {
    this.#options = options
  }

  async run(): Promise<void> {
    const { input, output, terminal = false, signal } = this.#options
    const file = historyFile()
    const completer = (line: string) => complete(line)
    const history = terminal ? { history: loadHistory(file), historySize: 1_000, removeHistoryDuplicates: true } : {}
    const reader = createInterface({ input, output, terminal, completer, ...history })
    const end = () => {
      this.#ended = true
      this.#running?.abort()
      this.#wake()
    }
    reader.on('line', (line) => {
      if (terminal && line.trim() !== '') remember(file, line)
      this.#unread.push(line)
      this.#wake()
    })
    reader.on('close', () => {
      this.#ended = true
      this.#wake()
    })
    reader.on('SIGINT', () => {
      if (this.#running !== undefined) return this.#running.abort()
      this.#lines = []
      // As if the line had been deleted by hand; the prompt starts anew below.
      reader.write(null, { ctrl: true, name: 'e' })
      reader.write(null, { ctrl: true, name: 'u' })
      output.write('\n')
      this.#prompt(reader)
    })
    signal?.addEventListener('abort', end)
    try {
      this.#prompt(reader)
      for (let line = await this.#next(); line !== undefined; line = await this.#next()) {
        const quit = await this.#read(line)
        if (quit) break
        this.#prompt(reader)
      }
      if (terminal && this.#ended) output.write('\n')
    } finally {
      signal?.removeEventListener('abort', end)
      reader.close()
    }
  }

  #prompt(reader: ReturnType<typeof createInterface>): void {
    const isLast = this.#ended && this.#unread.length === 0 && this.#lines.length === 0
    if (isLast) return
    const prompt = this.#lines.length === 0 ? '> ' : '. '
    if (this.#options.terminal !== true) this.#options.output.write(prompt)
    else if (!this.#ended) {
      reader.setPrompt(prompt)
      reader.prompt()
    }
  }

  /** The next line; undefined at the end of input. Piped input may lack the empty line behind its last program. */
  async #next(): Promise<string | undefined> {
    while (this.#unread.length === 0) {
      const { terminal = false, signal } = this.#options
      if (this.#ended) return this.#lines.length > 0 && !terminal && !signal?.aborted ? '' : undefined
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.#unread.shift()
  }

  /** Takes in a line; true ends the REPL. */
  async #read(line: string): Promise<boolean> {
    if (this.#lines.length === 0 && line.startsWith('.')) return this.#command(line.trim())
    if (line.trim() !== '') {
      this.#lines.push(line)
      return false
    }
    if (this.#lines.length === 0) return false
    const text = this.#lines.join('\n')
    this.#lines = []
    await this.#send(text)
    return false
  }

  async #command(line: string): Promise<boolean> {
    switch (line) {
      case '.help':
        this.#say(HELP)
        return false
      case '.status':
        this.#say(statusTable(await askStatus(this.#options.session.routes.all.map(({ address }) => address))))
        return false
      case '.time':
        this.#timing = !this.#timing
        this.#say(this.#timing ? 'each program says how long it took' : 'programs do not say how long they took')
        return false
      case '.quit':
        return true
      default:
        this.#say(`${line} is no command; .help lists them`)
        return false
    }
  }

  async #send(text: string): Promise<void> {
    this.#say('sending request...')
    const { session, timeoutMs } = this.#options
    this.#running = new AbortController()
    const startedMs = performance.now()
    try {
      const answer = await session.execute(encodeProgram(text), mayWrite(text), {
        timeoutMs,
        signal: this.#running.signal,
      })
      for (const line of describeAnswer(answer)) this.#say(line)
    } catch (error) {
      this.#say(describeError(DecreeError.from(error), text))
    }
    this.#running = undefined
    if (this.#timing) this.#say(`time: ${(performance.now() - startedMs).toFixed(1)} ms`)
  }

  #say(line: string): void {
    this.#options.output.write(`${line}\n`)
  }
}

/** The words that the end of the line could become. */
function complete(line: string): [string[], string] {
  const start = /(^\.)?[A-Za-z_]*$/.exec(line)?.[0] ?? ''
  if (start === '') return [[], start]
  const words = start.startsWith('.') ? COMMANDS : [...reservedWords]
  return [words.filter((word) => word.startsWith(start)), start]
}
