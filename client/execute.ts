import { DecreeError } from './errors.ts'
import { answerJson, describeAnswer, describeError, errorJson } from './output.ts'
import { encodeProgram, mayWrite, type Parameters } from './program.ts'
import type { Session } from './session.ts'

/** One program to run and how to say what came of it. */
export interface Execution {
  readonly text: string
  readonly parameters: Parameters
  readonly timeoutMs?: number | undefined
  /** One line of JSON, for machines. */
  readonly json: boolean
}

/** Runs one program. Gives what to print, and the exit status: 0 committed, 1 aborted or failed. */
export async function execute(
  connect: () => Promise<Session>,
  { text, parameters, timeoutMs, json }: Execution,
): Promise<{ readonly output: string; readonly status: 0 | 1 }> {
  let session: Session | undefined
  try {
    const program = encodeProgram(text, parameters)
    session = await connect()
    const answer = await session.execute(program, mayWrite(text), { timeoutMs })
    const output = json ? answerJson(answer) : describeAnswer(answer).join('\n')
    return { output, status: answer.$case === 'committed' ? 0 : 1 }
  } catch (thrown) {
    const error = DecreeError.from(thrown)
    return { output: json ? errorJson(error) : describeError(error, text), status: 1 }
  } finally {
    session?.close()
  }
}
