/**
 * Text with places where its lines may break. A group is set on one line where that fits, else all of its own breaks
 * are taken; groups within it decide for themselves.
 */
export type Layout =
  | string
  | readonly Layout[]
  | { readonly type: 'break'; readonly flat: string; readonly broken: string }
  | { readonly type: 'group'; readonly content: Layout }
  | { readonly type: 'indent'; readonly levels: number; readonly content: Layout }

/** A break that is a space where its group is on one line. */
export const line: Layout = { type: 'break', flat: ' ', broken: '' }

/** A break that is nothing where its group is on one line. */
export const softline: Layout = { type: 'break', flat: '', broken: '' }

/** As `softline`; where the line breaks, `text` ends it. */
export function closing(text: string): Layout {
  return { type: 'break', flat: '', broken: text }
}

export function group(...content: readonly Layout[]): Layout {
  return { type: 'group', content }
}

/** What follows breaks within `content` is indented by so many levels more. */
export function indent(content: Layout, levels = 1): Layout {
  return { type: 'indent', levels, content }
}

/** A part of a layout that is still to be set. */
interface Task {
  readonly layout: Layout
  readonly level: number
  readonly isFlat: boolean
}

/**
 * The text, in lines of at most `columnsMax` code points where the breaks allow it. It begins at `level`, in the column
 * where that level begins.
 */
export function set(layout: Layout, level: number, columnsMax: number): string {
  const parts: string[] = []
  let column = level * INDENT.length
  const tasks: Task[] = [{ layout, level, isFlat: false }]
  for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
    const { layout: current, level: inner, isFlat } = task
    if (typeof current === 'string') {
      parts.push(current)
      const last = current.lastIndexOf('\n')
      column = last === -1 ? column + width(current) : width(current.slice(last + 1))
    } else if (!('type' in current)) pushAll(tasks, current, inner, isFlat)
    else if (current.type === 'break') {
      if (isFlat) {
        parts.push(current.flat)
        column += current.flat.length
      } else {
        parts.push(current.broken, '\n', INDENT.repeat(inner))
        column = inner * INDENT.length
      }
    } else if (current.type === 'indent') {
      tasks.push({ layout: current.content, level: inner + current.levels, isFlat })
    } else {
      const flat = { layout: current.content, level: inner, isFlat: true }
      const fitting = isFlat || fits(flat, tasks, columnsMax - column)
      tasks.push(fitting ? flat : { ...flat, isFlat: false })
    }
  }
  return parts.join('')
}

/** Whether the task, and what follows it up to the next break that is taken, fits into so many columns. */
function fits(first: Task, rest: readonly Task[], columns: number): boolean {
  let left = columns
  let next = rest.length
  const tasks: Task[] = [first]
  while (left >= 0) {
    const task = tasks.pop() ?? rest[--next]
    if (task === undefined) return true
    const { layout, level, isFlat } = task
    if (typeof layout === 'string') {
      const end = layout.indexOf('\n')
      if (end !== -1) return width(layout.slice(0, end)) <= left
      left -= width(layout)
    } else if (!('type' in layout)) pushAll(tasks, layout, level, isFlat)
    else if (layout.type === 'break') {
      if (!isFlat) return layout.broken.length <= left
      left -= layout.flat.length
    } else tasks.push({ layout: layout.content, level, isFlat })
  }
  return false
}

function pushAll(tasks: Task[], layouts: readonly Layout[], level: number, isFlat: boolean): void {
  for (let index = layouts.length - 1; index >= 0; index -= 1) {
    tasks.push({ layout: layouts[index] ?? '', level, isFlat })
  }
}

/** In code points. */
function width(text: string): number {
  let count = 0
  for (const _ of text) count += 1
  return count
}

/** One level. */
export const INDENT = '  '
