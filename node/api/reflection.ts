import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type handleBidiStreamingCall, type Server, type ServiceDefinition, status } from '@grpc/grpc-js'
import type { AnyDefinition, MessageTypeDefinition } from '@grpc/proto-loader'
import { ProtocolError } from '../protocol-error.ts'
import { reasonOf } from '../reason.ts'
import { short } from './unary.ts'

/**
 * Serves gRPC's reflection, versions v1 and v1alpha, so that grpcurl and its like can list and describe the services
 * that clients use. `decree.v1.Peer` is not among them: what nodes tell each other is no contract, may change with
 * every version, and is nothing to be sent by hand.
 *
 * What it takes is loaded when it is first asked for: most nodes never are, and none should start later for it.
 */
export function serveReflection(server: Server): void {
  let loading: Promise<Reflect> | undefined
  const serverReflectionInfo: handleBidiStreamingCall<Buffer, Buffer> = (call) => {
    // One after the other: answers keep the order of the questions.
    let turn: Promise<void> = Promise.resolve()
    const afterwards = (act: (reflect: Reflect) => void) => {
      loading ??= load().catch((error: unknown) => {
        // Files may be missing for a while only: the next stream tries again.
        loading = undefined
        throw error
      })
      turn = Promise.all([loading, turn]).then(([reflect]) => act(reflect))
      turn.catch((error: unknown) => call.emit('error', statusOf(error)))
    }
    call.on('data', (question: Buffer) => afterwards((reflect) => call.write(reflect(question))))
    call.on('end', () => afterwards(() => call.end()))
  }
  for (const version of ['v1', 'v1alpha']) {
    const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`
    server.addService({ serverReflectionInfo: { ...RAW_STREAM, path } }, { serverReflectionInfo })
  }
}

function statusOf(error: unknown): { readonly code: status; readonly details: string } {
  if (error instanceof ProtocolError) return { code: status.INVALID_ARGUMENT, details: error.message }
  return { code: status.INTERNAL, details: String(error) }
}

/**
 * Gives the encoded answer to an encoded question. Both versions speak alike. Throws a ProtocolError on what is no
 * question.
 */
type Reflect = (question: Buffer) => Buffer

const RAW_STREAM = {
  requestStream: true,
  responseStream: true,
  requestSerialize: (bytes: Buffer) => bytes,
  requestDeserialize: (bytes: Buffer) => bytes,
  responseSerialize: (bytes: Buffer) => bytes,
  responseDeserialize: (bytes: Buffer) => bytes,
} as const

async function load(): Promise<Reflect> {
  const [{ loadSync }, { ReflectionV1Implementation }, { protoPath: healthProto }, { completeDescriptor }] =
    await Promise.all([
      import('@grpc/proto-loader'),
      // Not the package's own entry: that one describes everything twice, once for each version.
      import('@grpc/reflection/build/src/implementations/reflection-v1.js'),
      import('grpc-health-check'),
      import('./descriptors.ts'),
    ])
  const files = ['decree/v1/store.proto', 'client.proto', healthProto]
  const loaded = loadSync(files, { includeDirs: [protoDirectory()], keepCase: true })
  // Each of the types carries the descriptors of all files.
  const [type] = Object.values(loaded).filter(isType)
  if (type === undefined) throw new Error('the .proto files define no type')
  const descriptors = type.fileDescriptorProtos.map(completeDescriptor)
  const reflection = new ReflectionV1Implementation({ type: { ...type, fileDescriptorProtos: descriptors } })
  const definitions: ServiceDefinition[] = []
  reflection.addToServer({ addService: (definition) => definitions.push(definition) })
  const [method] = definitions.flatMap((definition) => Object.values(definition))
  if (method === undefined) throw new Error('the reflection service has no method')
  const { requestDeserialize, responseSerialize } = method
  const decode = (question: Buffer): ReturnType<typeof requestDeserialize> => {
    try {
      return short(requestDeserialize)(question)
    } catch (error) {
      const reason = reasonOf(error)
      throw new ProtocolError(`The question cannot be decoded: ${reason}.`)
    }
  }
  return (question) => responseSerialize(reflection.handleServerReflectionRequest(decode(question)))
}

function isType(definition: AnyDefinition): definition is MessageTypeDefinition {
  return Array.isArray(definition.fileDescriptorProtos)
}

/** The `.proto` files lie above this file, more or less far: it is run as it is, and compiled. */
function protoDirectory(): string {
  for (let directory = dirname(fileURLToPath(import.meta.url)); ; directory = dirname(directory)) {
    const protos = join(directory, 'proto')
    if (existsSync(join(protos, 'decree/v1/store.proto'))) return protos
    if (directory === dirname(directory)) throw new Error('the .proto files are missing from this installation')
  }
}
