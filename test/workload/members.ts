import type { Random } from '../support/random.ts'
import type { Call, Seen, Simple, Workload } from './workload.ts'

/** So that keys of a group do not stand alone, and sort by code points, not by UTF-16 units. */
const GROUPS = ['team', 'team\uffff', 'team😀'] as const
/** Beginnings of members' names. */
const NAMES = ['a', 'é', '\ue000', '😀', '\u{10ffff}'] as const

/**
 * Groups that members join and leave. Each call counts the members by a scan and compares with a counter: one that
 * appears, or disappears, behind the back of a scan leaves a mark.
 */
export function membersWorkload(): Workload {
  let last = 0
  return {
    name: 'members',
    setup: [],
    next(random: Random): Call {
      const group = random.pick(GROUPS)
      const of = { prefix: `${group}/`, counter: `count ${group}` }
      const name = random.pick(NAMES)
      const kind = random.fraction()
      if (kind < 0.2) return call(COUNT, of)
      if (kind < 0.3) return call(LIST, { prefix: of.prefix, after: `${group}/${name}` })
      if (kind < 0.65) return call(JOIN, { ...of, member: `${group}/${name}${++last}` })
      if (kind < 0.75) return call(REPLACE, { ...of, member: `${group}/${name}${++last}` })
      return call(LEAVE, { ...of, after: `${group}/${name}`, most: 1 + random.below(3) })
    },
    final: [...GROUPS.map((group) => call(COUNT, { prefix: `${group}/`, counter: `count ${group}` })), call(MARKED)],
    verify(seen) {
      for (const [index, { value }] of seen.slice(0, GROUPS.length).entries()) {
        if (value !== 'agree') throw new Error(`the count of ${GROUPS[index]} is not that of its members`)
      }
      const phantom = seen[GROUPS.length]?.reads.get('phantom')
      if (phantom !== undefined) throw new Error(`a scan missed or made up members of ${String(phantom)}`)
    },
  }
}

const CHECKED = 'all = scan $prefix; n = get $counter ?? 0; if len(all) != n { put "phantom" $prefix; }'
const JOIN = `${CHECKED} put $member n; put $counter n + 1; return len(scan $prefix);`
/** The first ones behind a name; it sees its own deletes. */
const LEAVE = `${CHECKED} gone = 0;
  for member in scan $prefix after $after limit $most { delete (member[0]); gone = gone + 1; }
  put $counter n - gone; if len(scan $prefix) != n - gone { put "phantom" $prefix; } return gone;`
/** The last one goes, another one comes. */
const REPLACE = `${CHECKED} for key, value in scan $prefix { oldest = key; }
  if n > 0 { delete (oldest); put $member version $member ?? "new"; } return scan $prefix limit 5;`
const COUNT = 'if len(scan $prefix) == (get $counter ?? 0) { return "agree"; } return "differ";'
const LIST = 'return scan $prefix after $after limit 4;'
const MARKED = 'get "phantom";'

function call(program: string, parameters: Readonly<Record<string, Simple>> = {}): Call {
  const done = ({ value }: Seen): null => {
    if (value === 'differ') throw new Error(`a scan of ${String(parameters.prefix)} differs from its count`)
    return null
  }
  return { workload: 'members', program, parameters, ops: null, done }
}
