import { createInterface, type Interface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import type { Answer } from './call.ts'
import { DecreeError } from './errors.ts'
import { describeExplanation } from './explain-text.ts'
import { historyFile, loadHistory, remember } from './history.ts'
import { describeAnswer, describeError } from './output.ts'
import { encodeProgram, mayWrite, type Parameters } from './program.ts'
import { LineColours, showsColours } from './repl-colours.ts'
import { type Completion, complete, functionAt, keysSpelled } from './repl-completion.ts'
import { help, helpOn, signatureOf } from './repl-help.ts'
import { describeKeys, KEYS_PROGRAM, KnownKeys, keysIn } from './repl-keys.ts'
import type { Session } from './session.ts'
import { askStatus, statusTable } from './status.ts'
import { explain } from './tools.ts'

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
  /** The program that is typed is to be explained, not sent. */
  #explaining = false
  #timing = false
  readonly #keys = new KnownKeys()
  #colours: LineColours | undefined
  /** A line is being asked for. */
  #asking = false
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
    const completer = (line: string) => this.#complete(reader, line)
    const history = terminal ? { history: loadHistory(file), historySize: 1_000, removeHistoryDuplicates: true } : {}
    const reader: Interface = createInterface({ input, output, terminal, completer, ...history })
    if (terminal && showsColours(output)) {
      this.#colours = new LineColours(reader, input, output, () => (this.#asking ? this.#before : null))
    }
    const end = () => {
      this.#ended = true
      this.#running?.abort()
      this.#wake()
    }
    reader.on('line', (line) => {
      this.#asking = false
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
      this.#explaining = false
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
      this.#colours?.close()
      reader.close()
    }
  }

  /** The lines of the program so far, each with its end. */
  get #before(): string {
    return this.#lines.map((line) => `${line}\n`).join('')
  }

  #complete(reader: Interface, line: string): Completion {
    const completion = complete(line, { before: this.#before, keys: this.#keys.all })
    const [candidates] = completion
    const [only = ''] = candidates
    const name = only.endsWith('(') ? only.slice(0, -1) : functionAt(this.#before + line)
    const signature = name === undefined || candidates.length > 1 ? undefined : signatureOf(name)
    // Behind what readline now does with the line.
    if (signature !== undefined) setImmediate(() => this.#hint(reader, signature))
    return completion
  }

  /** Says something between the line that is being typed and itself, drawn again. */
  #hint(reader: Interface, text: string): void {
    if (!this.#asking) return
    // To draw a line of several rows, readline goes up as many as it believes to be below its first.
    const { rows } = reader.getCursorPos()
    this.#options.output.write(`\n${text}\n${'\n'.repeat(rows)}`)
    reader.prompt(true)
    this.#colours?.schedule()
  }

  #prompt(reader: Interface): void {
    const isLast = this.#ended && this.#unread.length === 0 && this.#lines.length === 0
    if (isLast) return
    const prompt = this.#lines.length === 0 ? '> ' : '. '
    if (this.#options.terminal !== true) this.#options.output.write(prompt)
    else if (!this.#ended) {
      this.#asking = true
      reader.setPrompt(prompt)
      reader.prompt()
      // What was typed ahead is there already.
      this.#colours?.schedule()
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
    if (this.#explaining) await this.#explain(text)
    else await this.#send(text)
    this.#explaining = false
    return false
  }

  async #command(line: string): Promise<boolean> {
    const [, name = line, rest = ''] = /^(\S+)\s+(.*)$/s.exec(line) ?? []
    switch (name) {
      case '.help':
        this.#say(rest === '' ? help() : helpOn(rest))
        return false
      case '.status':
        this.#say(statusTable(await askStatus(this.#options.session.routes.all.map(({ address }) => address))))
        return false
      case '.explain':
        this.#explaining = rest === ''
        if (rest === '') this.#say('type the program to explain; an empty line ends it')
        else await this.#explain(rest)
        return false
      case '.keys':
        await this.#showKeys(rest)
        return false
      case '.time':
        this.#timing = !this.#timing
        this.#say(this.#timing ? 'each program says how long it took' : 'programs do not say how long they took')
        return false
      case '.quit':
        return true
      default:
        this.#say(`${name} is no command; .help lists them`)
        return false
    }
  }

  async #explain(text: string): Promise<void> {
    this.#keys.add(keysSpelled(text))
    try {
      this.#say(describeExplanation(await explain(text)))
    } catch (error) {
      this.#say(describeError(DecreeError.from(error), text))
    }
  }

  async #showKeys(prefix: string): Promise<void> {
    await this.#execute(KEYS_PROGRAM, { prefix: unquoted(prefix) }, (answer) => {
      const keys = keysIn(answer)
      this.#keys.add(keys)
      return [describeKeys(keys)]
    })
  }

  async #send(text: string): Promise<void> {
    this.#say('sending request...')
    this.#keys.add(keysSpelled(text))
    await this.#execute(text, {}, (answer) => {
      this.#keys.add(answer.value.reads.map(({ key }) => key))
      return describeAnswer(answer)
    })
  }

  async #execute(text: string, parameters: Parameters, describe: (answer: Answer) => readonly string[]): Promise<void> {
    const { session, timeoutMs } = this.#options
    this.#running = new AbortController()
    const startedMs = performance.now()
    try {
      const answer = await session.execute(encodeProgram(text, parameters), mayWrite(text), {
        timeoutMs,
        signal: this.#running.signal,
      })
      for (const line of describe(answer)) this.#say(line)
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

/** Text in quotes is JSON, such as `"a\tb"`; any other stands for itself. */
function unquoted(text: string): string {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'string' ? value : text
  } catch {
    return text
  }
}
