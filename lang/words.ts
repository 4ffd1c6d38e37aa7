/** The words that are no names, of the whole language, so that a program keeps its meaning as the language grows. */
export const reservedWords: ReadonlySet<string> = new Set([
  'get',
  'put',
  'delete',
  'if',
  'else',
  'for',
  'in',
  'return',
  'abort',
  'exists',
  'version',
  'revision',
  'scan',
  'true',
  'false',
  'null',
])
