/** A part of a message: its tag, its length and what is in it. */
export function part(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents)
  return Buffer.concat([Buffer.of(tag), varint(content.length), content])
}

export function varint(value: number): Buffer {
  const bytes: number[] = []
  let left = value
  for (; left > 127; left = Math.floor(left / 128)) bytes.push((left % 128) + 128)
  return Buffer.of(...bytes, left)
}

/** Tags of `decree.v1` messages: number of the field and wire type. */
export const TAG = {
  frameHello: 10,
  frameSession: 16,
  frameRequest: 34,
  requestNumber: 8,
  requestProgram: 26,
  programText: 10,
  programParameter: 18,
  parameterName: 10,
  parameterValue: 18,
  valueList: 58,
  listItem: 10,
} as const

/** A session's first frame, with these requests. */
export function rawFrame(...requests: readonly Uint8Array[]): Buffer {
  const hello = part(TAG.frameHello, Buffer.of(8, 1))
  return Buffer.concat([hello, Buffer.of(TAG.frameSession, 1), ...requests.map((one) => part(TAG.frameRequest, one))])
}

export function rawRequest(number: number, program: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(TAG.requestNumber), varint(number), part(TAG.requestProgram, program)])
}

/** A program with one parameter `$p`; `value`: encoded. */
export function rawProgram(value: Uint8Array): Buffer {
  const text = part(TAG.programText, Buffer.from('return len($p);'))
  const name = part(TAG.parameterName, Buffer.from('p'))
  return Buffer.concat([text, part(TAG.programParameter, name, part(TAG.parameterValue, value))])
}

/** A list of so many elements, each of these bytes. */
export function rawList(count: number, element: Uint8Array): Buffer {
  const item = part(TAG.listItem, element)
  return part(TAG.valueList, Buffer.alloc(count * item.length, item))
}

export const RAW_NULL = Buffer.of(8, 1)
export const RAW_EMPTY_LIST = Buffer.of(58, 0)
