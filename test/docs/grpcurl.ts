import { join } from 'node:path'
import { Client, credentials, loadPackageDefinition, type ServiceClientConstructor } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { protoPath as healthProto } from 'grpc-health-check'
import { expect } from 'vitest'
import { ROOT } from './blocks.ts'

/**
 * Does what `grpcurl -plaintext [-d JSON] ADDRESS [list | describe NAME | SERVICE/METHOD]` would: machines may lack it.
 * Names come from the .proto files; that servers tell them by reflection is tested where reflection is.
 */
export async function callAsGrpcurl(command: string): Promise<void> {
  const match = /^grpcurl -plaintext (?:-d '([^']*)' )?(\S+) (?:(list)|describe (\S+)|(\S+)\/(\w+))$/.exec(command)
  if (match === null) throw new Error(`this is not called as grpcurl is: ${command}`)
  const [, json = '{}', address = '', list, described, service, method = ''] = match
  const name = described ?? service
  if (list !== undefined) return ask(address, serviceNamed('grpc.health.v1.Health'), 'Check', {})
  if (name === undefined) throw new Error(`no service is named: ${command}`)
  const Service = serviceNamed(name)
  if (service !== undefined) await ask(address, Service, method, JSON.parse(json) as object)
}

function serviceNamed(name: string): ServiceClientConstructor {
  const files = ['decree/v1/store.proto', 'client.proto', healthProto]
  let found: unknown = loadPackageDefinition(loadSync(files, { includeDirs: [join(ROOT, 'proto')], keepCase: true }))
  for (const part of name.split('.')) found = (found as Record<string, unknown> | undefined)?.[part]
  if (typeof found !== 'function') throw new Error(`there is no service ${name}`)
  return found as ServiceClientConstructor
}

/** Fields that the message does not have are refused here, as grpcurl does. */
async function ask(address: string, Service: ServiceClientConstructor, name: string, request: object): Promise<void> {
  const client = new Service(address, credentials.createInsecure())
  const method = Service.service[name]
  if (method === undefined) throw new Error(`the service has no method ${name}`)
  const understood: unknown = method.requestDeserialize(method.requestSerialize(request))
  expect(understood).toMatchObject(request)
  const { path, requestSerialize, responseDeserialize } = method
  const answer = await new Promise((resolve, reject) => {
    Client.prototype.makeUnaryRequest.call(
      client,
      path,
      requestSerialize,
      responseDeserialize,
      request,
      (error, value) => (error === null ? resolve(value) : reject(error)),
    )
  })
  client.close()
  expect(answer).toBeTypeOf('object')
}
