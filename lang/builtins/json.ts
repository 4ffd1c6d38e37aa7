import { define } from './call.ts'
import { readJson } from './json-read.ts'
import { writeJson } from './json-write.ts'

/**
 * JSON as the client writes and reads it: a number with a point or an exponent is a float, any other an int with all
 * its digits, and `{"$bytes":"<base64>"}` is bytes. So a map of that form alone is not read back as it was written.
 */
const json = define('json(text)', 'the value of a JSON text', [1, 1], ([text = null], call) =>
  readJson(call.string(text, 'text'), call),
)

const text = define('text(value)', 'a value as JSON text', [1, 1], ([value = null], call) => writeJson(value, call))

export const jsonText = [json, text]
