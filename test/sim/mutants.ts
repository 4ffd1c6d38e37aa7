/** A text of a source file, and what takes its place. */
interface Change {
  /** From the top of the project. */
  readonly file: string
  /** Occurs exactly once. */
  readonly from: string
  readonly to: string
}

/** Decree with one thing wrong. */
export interface Mutant {
  readonly name: string
  readonly changes: readonly Change[]
  /** In a cluster of so many nodes it does harm. Default 3. */
  readonly nodes?: 5
}

/**
 * Each loses, doubles or reorders something, or could: the simulator must notice every one. They are changes to the
 * source text, applied to a copy of the build, so that nothing of them is part of Decree.
 */
export const MUTANTS: readonly Mutant[] = [
  mutant('A1 without the slot', 'node/core/rules.ts', ' || (accepted !== null && accepted.slot > slot)', ''),
  mutant(
    'A3 skipped',
    'node/core/rules.ts',
    'mayAcceptWithoutPrevious: () => false',
    'mayAcceptWithoutPrevious: () => true',
  ),
  mutant(
    'A3 without its ballot check',
    'node/core/rules.ts',
    'isChosenOne: (accepted, chosenIn) => compareBallots(accepted.ballot, chosenIn) >= 0',
    'isChosenOne: () => true',
  ),
  mutant(
    'accepted written before answering missing',
    'node/core/rules.ts',
    'writesBeforeMissing: () => false',
    'writesBeforeMissing: () => true',
  ),
  {
    name: 'applied taken for the gapless run',
    changes: [
      change('node/core/rules.ts', 'isMerged: covers,', 'isMerged: (marks, slot) => slot <= marks.applied,'),
      change(
        'node/core/rules.ts',
        'completeThrough: (marks) => marks.complete',
        'completeThrough: (marks) => marks.applied',
      ),
    ],
  },
  mutant(
    'accepting does not promise',
    'node/core/acceptor.ts',
    "        state.promised = ballot\n        step.persist({ type: 'promised', ballot })",
    '',
  ),
  mutant(
    'commit notice without its ballot check',
    'node/core/acceptor.ts',
    'accepted.slot === slot && rules.isChosenOne(accepted, ballot)',
    'accepted.slot === slot',
  ),
  mutant(
    're-proposal skipped',
    'node/core/leader.ts',
    '  fly(step, phase, reproposed.slot, reproposed.origin, reproposed.decree)\n',
    '  phase.chosen = reproposed.slot\n  establish(step, phase)\n',
  ),
  mutant(
    'the decree of the lowest ballot re-proposed',
    'node/core/leader.ts',
    'compareBallots(accepted.ballot, newest.ballot) > 0',
    'compareBallots(accepted.ballot, newest.ballot) < 0',
  ),
  mutant(
    'answers before the re-proposed slot is chosen',
    'node/core/leader.ts',
    '  fly(step, phase, reproposed.slot, reproposed.origin, reproposed.decree)\n',
    '  fly(step, phase, reproposed.slot, reproposed.origin, reproposed.decree)\n  establish(step, phase)\n',
  ),
  mutant(
    'leading without being complete',
    'node/core/leader.ts',
    'if (rules.completeThrough(state.marks) >= last) return proposeAgain(step, phase)',
    'if (last >= 0) return proposeAgain(step, phase)',
  ),
  mutant(
    'promises of any ballot counted',
    'node/core/election.ts',
    "phase.type !== 'preparing' || compareBallots(phase.ballot, message.ballot) !== 0",
    "phase.type !== 'preparing'",
  ),
  mutant(
    'a hand-over in vain is not given up',
    'node/core/rotation.ts',
    'if (phase.handoff.sentAt > 0 && ',
    'if (phase.handoff.sentAt > state.tick && ',
  ),
  mutant(
    'a ballot used twice',
    'node/core/election.ts',
    'Math.max(state.counter, state.promised.counter) + 1',
    'Math.max(state.counter, state.promised.counter) + (state.promised.node === state.id ? 0 : 1)',
  ),
  mutant(
    'answered before the disk',
    'node/core/step.ts',
    'this.#post(this.#afterDurable, to, body)',
    'this.#post(to === this.state.id ? this.#afterDurable : this.#send, to, body)',
  ),
  mutant(
    'quorum of one less than a majority',
    'node/core/types.ts',
    'Math.floor(config.members.length / 2) + 1',
    'Math.floor(config.members.length / 2)',
  ),
  {
    // Of three nodes, what is chosen is missing on one at most: no two can lack the same.
    nodes: 5,
    ...mutant(
      'sync ends at applied',
      'node/core/sync.ts',
      'cursor, upTo: complete,',
      'cursor, upTo: state.marks.applied,',
    ),
  },
  mutant(
    "sync ends at the last source's slot",
    'node/core/sync.ts',
    'Math.min(state.syncMark?.upTo ?? message.upTo, message.upTo)',
    'message.upTo',
  ),
  mutant('sync without sessions', 'node/store/chunk.ts', 'chunk.sessions.push(', 'void ('),
  mutant(
    'what is accepted is replayed as chosen',
    'node/store/ledger.ts',
    'for (const write of decodeRecord(record)) this.#apply(prepare(decodeWrite(write, this.#journal.accepted)))',
    "for (const each of decodeRecord(record)) {\n      const write = decodeWrite(each, this.#journal.accepted)\n      this.#apply(prepare(write))\n      if (write.type === 'accepted') this.#apply(prepare({ ...write, type: 'merge' }))\n    }",
  ),
  mutant(
    'what waits to be merged is not shown to who reads a key',
    'node/store/ledger.ts',
    'settled().#entries.get(key)',
    'this.#entries.get(key)',
  ),
  mutant(
    'answered before the log is durable',
    'node/store/segment-log.ts',
    '    this.#waiting.push({ record, durable })\n',
    '    this.#waiting.push({ record, durable: () => undefined })\n    this.#soon(durable)\n',
  ),
  mutant(
    'only the first segment of the log is replayed',
    'node/store/segment-log.ts',
    '          isOver = !next.value\n',
    '          isOver = true\n',
  ),
  {
    name: 'a checkpoint is said to be of the moment when it ends',
    changes: [
      change(
        'node/store/ledger.ts',
        '    return {\n      size: entries.size',
        '    const now = () => [journal.accepted, stateChange(this.#state, this.#journal.accepted, log)]\n    return {\n      get late() {\n        return now()\n      },\n      size: entries.size',
      ),
      change(
        'node/store/recorder.ts',
        '      const { position } = log\n',
        '      const position = { get segment() { return log.position.segment }, get offset() { return log.position.offset }, get sequence() { return log.position.sequence } }\n',
      ),
      change('node/store/recorder.ts', 'this.#commit(pass.checkpoint.state, ', 'this.#commit(pass.checkpoint.late, '),
    ],
  },
  mutant(
    'the log is cut before its checkpoint is written',
    'node/store/recorder.ts',
    '      this.#stepSoon(this.#pass)\n    })\n  }\n\n  #stepSoon',
    '      this.#stepSoon(this.#pass)\n      log.truncate(position)\n    })\n  }\n\n  #stepSoon',
  ),
  mutant(
    'a checkpoint ends while rows are under way',
    'node/store/recorder.ts',
    'if (pass.underWay === 0) this.#finish(pass)',
    'this.#finish(pass)',
  ),
  mutant(
    'checkpoints without sessions',
    'node/store/ledger.ts',
    'chain(entries.changes, sessions.changes, journal.changes)',
    'chain(entries.changes, journal.changes)',
  ),
  mutant(
    'a checkpoint begins while writes wait for the disk',
    'node/store/recorder.ts',
    '    log.whenQuiet(() => {\n',
    '    ;((run: () => void) => run())(() => {\n',
  ),
  mutant(
    'rows are gone from memory before they are on the disk',
    'node/store/recorder.ts',
    '      const [slices, done]',
    '      this.ledger.thaw()\n      const [slices, done]',
  ),
  mutant(
    'records of an earlier use of a segment are replayed',
    'node/store/frame.ts',
    'salt.writeBigUInt64LE(BigInt(segment), STORE_BYTES)',
    '',
  ),
  mutant(
    'torn records are replayed',
    'node/store/frame.ts',
    ' || bytes.readUInt32LE(4) !== this.#sum(bytes, length)',
    '',
  ),
  mutant(
    'what was read from the log is taken for durable',
    'node/store/segment-log.ts',
    'if (latest === null) return done(log)',
    'if (latest !== undefined) return done(log)',
  ),
  mutant(
    'in the log, the accepted decree stands for the chosen one',
    'node/store/record.ts',
    '  if (accepted?.slot === slot && isSameDecree(accepted.decree, decree)) return undefined\n',
    '  if (accepted?.slot === slot) return undefined\n',
  ),
  mutant(
    'results of earlier slots forgotten',
    'node/store/merge.ts',
    'new Map([...earlier.results, ...later.results])',
    'new Map(later.results)',
  ),
  mutant(
    'requests looked up in the merged state only',
    'node/exec/sessions.ts',
    '    if (update === undefined) continue\n    // Whatever lies',
    '    if (update !== null) continue\n    // Whatever lies',
  ),
  mutant(
    'requests not looked up in the decree in flight',
    'node/exec/layers.ts',
    '...(this.#flight === null ? [] : [this.#flight]), ',
    '',
  ),
  mutant(
    'settled requests executed',
    'node/exec/sessions.ts',
    "return number < acked ? { type: 'settled' } : { type: 'new' }",
    "return { type: 'new' }",
  ),
  mutant(
    'the oldest request refused in a full session',
    'node/exec/execute.ts',
    'if (number > request.acked && held.count',
    'if (held.count',
  ),
  mutant(
    'results of failed programs not recorded',
    'node/exec/execute.ts',
    '  return record(term, request, number, ran, respond, surroundings)\n}\n\nfunction read(',
    "  if (ran.result.type === 'failed') {\n    surroundings.answer(respond, ran.result)\n    return true\n  }\n  return record(term, request, number, ran, respond, surroundings)\n}\n\nfunction read(",
  ),
  mutant(
    'answered when proposed',
    'node/exec/executor.ts',
    '    flight.slot = slot\n',
    '    flight.slot = slot\n    for (const answer of flight.answers.splice(0)) this.#answer(answer)\n',
  ),
  mutant(
    'reads answered without a round',
    'node/exec/execute.ts',
    '  term.reads.add(respond, result, term.layers.unsettled, responseBytes(result))\n',
    '  if (term.established && term.layers.unsettled === null) surroundings.answer(respond, result)\n  else term.reads.add(respond, result, term.layers.unsettled, responseBytes(result))\n',
  ),
  mutant(
    'what does not fit into a batch is forgotten',
    'node/exec/execute.ts',
    '    if (building.count > 0) return false\n    // Alone',
    '    if (building.count > 0) return true\n    // Alone',
  ),
  mutant(
    'the time of decrees goes back with the clock',
    'node/exec/executor.ts',
    'building.timeMs = Math.max(building.timeMs, this.#host.wallClockMs())',
    'building.timeMs = this.#host.wallClockMs()',
  ),
  mutant('sessions in use are dropped', 'node/exec/sessions.ts', ' || isTouched(layers, id)', ''),
  mutant(
    '|| ignores its left side',
    'lang/compile/operators.ts',
    'for (const operand of operands) {\n      frame.step(at)\n      if (operand',
    'for (const operand of deciding ? operands.slice(-1) : operands) {\n      frame.step(at)\n      if (operand',
  ),
  mutant(
    'reads do not wait for what they saw',
    'node/exec/reads.ts',
    'number >= this.#confirmed || (read.saw !== null && !read.saw.chosen)',
    'number >= this.#confirmed',
  ),
  mutant(
    'now() follows the wall clock',
    'node/exec/execute.ts',
    'return { nowMs: building.timeMs,',
    'return { nowMs: wallClockMs(),',
  ),
  mutant(
    'now() is no part of the time of its decree',
    'node/exec/execute.ts',
    'building.timeMs = Math.max(building.timeMs, wallClockMs())\n  const { costMax } = options\n  return { nowMs: building.timeMs,',
    'const nowMs = Math.max(building.timeMs, wallClockMs())\n  const { costMax } = options\n  return { nowMs,',
  ),
  mutant(
    'scans do not see the decree in flight',
    'node/exec/layers.ts',
    'const scans = Array.from(this.fromTop, (layer)',
    'const scans = Array.from([...this.fromTop].filter((layer) => layer !== this.#flight), (layer)',
  ),
  mutant(
    'scans do not see what is chosen and not merged',
    'node/exec/layers.ts',
    'const scans = Array.from(this.fromTop, (layer)',
    'const scans = Array.from([this.#building, ...(this.#flight === null ? [] : [this.#flight])], (layer)',
  ),
  mutant(
    'scans show what was deleted in an upper layer',
    'node/exec/layers.ts',
    'if (entry !== undefined) yield [key, entry]',
    'if (entry !== undefined && entry.value !== null) yield [key, entry]',
  ),
  mutant(
    'scans take the older layer',
    'node/exec/merge-scans.ts',
    'if (compare(head, first) < 0) first = head',
    'if (compare(head, first) <= 0) first = head',
  ),
  mutant(
    'scans do not see what is not yet durable',
    'node/store/overlay.ts',
    'newest(this.#changed.scan(prefix, after), this',
    'newest([][Symbol.iterator](), this',
  ),
  mutant(
    'scans do not see what is being written to the disk',
    'node/store/overlay.ts',
    'this.#frozen?.scan(prefix, after) ?? []',
    '[]',
  ),
  mutant(
    'what is being written to the disk is not seen',
    'node/store/overlay.ts',
    'this.#changed.rows.get(key) ?? this.#frozen?.rows.get(key)',
    'this.#changed.rows.get(key)',
  ),
  mutant(
    'scans lose keys that came after the first scan of a batch',
    'node/exec/layers.ts',
    'if (!this.#entries.has(key)) this.#keys?.add(key)',
    '',
  ),
  mutant(
    'versions from the merged state only',
    'node/exec/layers.ts',
    '    if (entry !== undefined) return entry\n',
    '    if (entry !== undefined) return { ...entry, version: this.#view.get(key)?.version ?? entry.version }\n',
  ),
  mutant(
    'revisions from the merged state only',
    'node/exec/layers.ts',
    '    if (entry !== undefined) return entry\n',
    '    if (entry !== undefined) return { ...entry, revision: this.#view.get(key)?.revision ?? 0 }\n',
  ),
  mutant(
    'a request without room is refused, and executed all the same',
    'node/exec/executor.ts',
    '    if (!this.#room.enter(work.request.session, bytes)) return this.#refuse(work.respond)\n',
    '    if (!this.#room.enter(work.request.session, bytes)) {\n      this.#refuse(work.respond)\n      this.#room.enterAgain(work.request.session, bytes)\n    }\n',
  ),
  mutant(
    'a request that would wait too long is refused, and executed without a word',
    'node/exec/executor.ts',
    '      if (refusal !== null) return this.#answer({ respond, response: refusal })\n',
    '      if (refusal !== null) {\n        this.#answer({ respond, response: refusal })\n        return this.#enqueue({ request, respond: () => undefined, program: null })\n      }\n',
  ),
  mutant(
    'a session that had its turn gets no other',
    'node/exec/queue.ts',
    'if (this.#lanes.get(session)?.length) this.#ring.push(session)',
    'if (this.#lanes.get(session) === undefined) this.#ring.push(session)',
  ),
  mutant(
    'a request that waited for the parser is executed twice',
    'node/exec/executor.ts',
    '      this.#queue.push({ request, respond, program, bytes, parsed })\n',
    '      for (let times = 0; times < 2; times += 1) this.#queue.push({ request, respond, program, bytes, parsed })\n',
  ),
  mutant(
    'only the first of those who wait for a shape is executed',
    'node/exec/executor.ts',
    '      this.#queue.push({ request, respond, program, bytes, parsed })\n',
    '      if (program !== null) this.#queue.push({ request, respond, program, bytes, parsed })\n',
  ),
  mutant(
    'who waits for the parser is not redirected',
    'node/exec/executor.ts',
    '[...this.#queue.takeAll(), ...this.#parked.takeAll()]',
    'this.#queue.takeAll()',
  ),
  mutant('the parser gets no second job', 'node/exec/parking.ts', '    this.#underWay = null\n', ''),
  mutant('a parsed shape is still waited for', 'node/exec/parking.ts', '    this.#forget(shape, waiting)\n', ''),
  {
    name: 'aborted programs write',
    changes: [
      change('lang/program.ts', 'writes: hasAborted ? NO_WRITES : frame.writes', 'writes: frame.writes'),
      change(
        'node/exec/run.ts',
        "return ended({ type: 'aborted', value, reads })",
        "return { result: { type: 'aborted', value, reads }, writes, bytes: 0 }",
      ),
    ],
  },
]

function mutant(name: string, file: string, from: string, to: string): Mutant {
  return { name, changes: [change(file, from, to)] }
}

function change(file: string, from: string, to: string): Change {
  return { file, from, to }
}
