import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { type DescriptorProto, type FileDescriptorProto, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'

/**
 * A file's descriptor with what protoc writes and proto-loader leaves out, which some readers cannot do without: the
 * full name of every type that is referred to, and the names of fields in JSON. All that the file refers to must be in
 * it, as is so with proto-loader: it makes one file of each package.
 */
export function completeDescriptor(descriptor: Uint8Array): Buffer {
  const file = fromBinary(FileDescriptorProtoSchema, descriptor)
  const known = new Set(namesIn(file))
  const scope = `.${file.package}`
  for (const message of file.messageType) complete(message, scope, known)
  for (const method of file.service.flatMap((service) => service.method)) {
    method.inputType = fullName(method.inputType, scope, known)
    method.outputType = fullName(method.outputType, scope, known)
  }
  return Buffer.from(toBinary(FileDescriptorProtoSchema, file))
}

function namesIn(file: FileDescriptorProto): readonly string[] {
  const within = (scope: string, message: DescriptorProto): readonly string[] => {
    const name = `${scope}.${message.name}`
    const enums = message.enumType.map((each) => `${name}.${each.name}`)
    return [name, ...enums, ...message.nestedType.flatMap((nested) => within(name, nested))]
  }
  const scope = `.${file.package}`
  const enums = file.enumType.map((each) => `${scope}.${each.name}`)
  return [...enums, ...file.messageType.flatMap((message) => within(scope, message))]
}

function complete(message: DescriptorProto, outer: string, known: ReadonlySet<string>): void {
  const scope = `${outer}.${message.name}`
  for (const field of message.field) {
    field.jsonName = field.name.replace(/_+(.?)/g, (_, next: string) => next.toUpperCase())
    if (field.typeName !== '') field.typeName = fullName(field.typeName, scope, known)
  }
  for (const nested of message.nestedType) complete(nested, scope, known)
}

/** Looks from the innermost scope outwards, as the language of `.proto` files has it. */
function fullName(name: string, innermost: string, known: ReadonlySet<string>): string {
  if (name.startsWith('.')) return name
  for (let scope = innermost; ; scope = scope.slice(0, scope.lastIndexOf('.'))) {
    const candidate = `${scope}.${name}`
    if (known.has(candidate)) return candidate
    if (scope === '') throw new Error(`${name} is not defined in the file that refers to it`)
  }
}
