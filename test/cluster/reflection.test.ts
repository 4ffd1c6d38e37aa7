import { fileURLToPath } from 'node:url'
import {
  create,
  createFileRegistry,
  type FileRegistry,
  fromBinary,
  fromJson,
  type JsonValue,
  toBinary,
  toJson,
} from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { Client, type ClientDuplexStream, credentials, loadPackageDefinition, status } from '@grpc/grpc-js'
import { load } from '@grpc/proto-loader'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ProcessCluster } from '../support/cluster.ts'

interface Answer {
  readonly messageResponse: string
  readonly listServicesResponse?: { readonly service: readonly { readonly name: string }[] }
  readonly fileDescriptorResponse?: { readonly fileDescriptorProto: readonly Uint8Array[] }
  readonly errorResponse?: { readonly errorCode: number; readonly errorMessage: string }
}

type Questions = ClientDuplexStream<object, Answer>

interface Versions {
  readonly grpc: {
    readonly reflection: Record<
      string,
      {
        ServerReflection: new (address: string, credentials: unknown) => Client & { ServerReflectionInfo(): Questions }
      }
    >
  }
}

describe.each(['v1', 'v1alpha'])('reflection %s of a running server', (version) => {
  let cluster: ProcessCluster
  let address: string
  let client: Client & { ServerReflectionInfo(): Questions }

  beforeAll(async () => {
    cluster = await ProcessCluster.start(1)
    address = cluster.addresses[0]!
    const description = `@grpc/reflection/build/proto/grpc/reflection/${version}/reflection.proto`
    const protocol = await load(fileURLToPath(import.meta.resolve(description)), { oneofs: true })
    const { grpc } = loadPackageDefinition(protocol) as unknown as Versions
    client = new grpc.reflection[version]!.ServerReflection(address, credentials.createInsecure())
  })

  afterAll(async () => {
    client?.close()
    await cluster?.stop()
  })

  /** Asks on one stream, and gives the answers in their order. */
  async function ask(...questions: readonly object[]): Promise<readonly Answer[]> {
    const stream = client.ServerReflectionInfo()
    for (const question of questions) stream.write(question)
    stream.end()
    const answers: Answer[] = []
    for await (const answer of stream) answers.push(answer as Answer)
    return answers
  }

  /** What the files that describe a symbol define. They must be complete: what cannot be resolved throws. */
  async function describeSymbol(symbol: string): Promise<FileRegistry> {
    const [answer] = await ask({ fileContainingSymbol: symbol })
    const files = answer?.fileDescriptorResponse?.fileDescriptorProto ?? []
    const file = files.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes))
    return createFileRegistry(create(FileDescriptorSetSchema, { file }))
  }

  it('lists the services for clients, and not the one that nodes speak with each other', async () => {
    const [answer] = await ask({ listServices: '*' })
    expect(answer?.listServicesResponse?.service.map(({ name }) => name).sort()).toEqual([
      'client.KV',
      'decree.v1.Near',
      'decree.v1.Store',
      'grpc.health.v1.Health',
    ])
    const [unknown] = await ask({ fileContainingSymbol: 'decree.v1.Peer' })
    expect(unknown?.errorResponse?.errorCode).toBe(status.NOT_FOUND)
  })

  it('answers the questions of a stream in their order', async () => {
    const answers = await ask({ listServices: '' }, { fileContainingSymbol: 'nobody' }, { listServices: '' })
    expect(answers.map(({ messageResponse }) => messageResponse)).toEqual([
      'listServicesResponse',
      'errorResponse',
      'listServicesResponse',
    ])
  })

  it.each([
    ['decree.v1.Store', ['session', 'execute', 'status']],
    ['decree.v1.Near', ['report']],
    ['client.KV', ['execute']],
    ['grpc.health.v1.Health', ['check', 'watch', 'list']],
  ])('describes %s', async (name, methods) => {
    const service = (await describeSymbol(name)).getService(name)
    expect(service?.methods.map(({ localName }) => localName)).toEqual(methods)
  })

  it('describes enough to run a program without knowing more', async () => {
    const execute = (await describeSymbol('decree.v1.Store.Execute')).getService('decree.v1.Store')?.method.execute
    expect(execute?.input.fields.map(({ name }) => name)).toEqual(['program', 'timeout_ms', 'request_id'])
    const parameters = [{ name: 'by', value: { map: { pairs: [{ key: 'a', value: { int: '7' } }] } } }]
    const request = fromJson(execute!.input, { program: { text: 'put "k" $by; get "k";', parameters } })
    const answer = await new Promise<JsonValue>((resolve, reject) => {
      new Client(address, credentials.createInsecure()).makeUnaryRequest(
        '/decree.v1.Store/Execute',
        (message: Uint8Array) => Buffer.from(message),
        (bytes: Buffer) => toJson(execute!.output, fromBinary(execute!.output, bytes)),
        toBinary(execute!.input, request),
        (error, json) => (error === null ? resolve(json ?? null) : reject(error)),
      )
    })
    expect(answer).toMatchObject({ committed: { revision: '1', value: { null: true } } })
  })

  it('refuses garbage and lives on', async () => {
    const raw = new Client(address, credentials.createInsecure())
    const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`
    const same = (bytes: Buffer) => bytes
    const stream = raw.makeBidiStreamRequest(path, same, same)
    const refused = new Promise((resolve) => stream.on('error', resolve))
    stream.on('data', () => {})
    stream.write(Buffer.from([0xff, 0xff, 0xff]))
    expect(await refused).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringMatching(/^The question cannot be decoded: .+\.$/),
    })
    raw.close()
    expect(await ask({ listServices: '' })).toHaveLength(1)
  })
})
