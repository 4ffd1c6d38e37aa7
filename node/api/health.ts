import {
  type handleServerStreamingCall,
  type handleUnaryCall,
  type Server,
  type ServiceDefinition,
  status,
} from '@grpc/grpc-js'
import type { HealthImplementation } from 'grpc-health-check'
import { ProtocolError } from '../protocol-error.ts'
import { reasonOf } from '../reason.ts'
import { short } from './unary.ts'

/**
 * Serves gRPC's health checking protocol for the node as a whole and for `decree.v1.Store`. Not serving at first.
 *
 * What it takes is loaded when it is first asked for: a node that starts beside others should not take their processor.
 */
export function serveHealth(server: Server): { setServing(serving: boolean): void } {
  let isServing = false
  let loading: Promise<Health> | undefined
  const tell = ({ implementation }: Health) => {
    for (const service of SERVICES) implementation.setStatus(service, isServing ? 'SERVING' : 'NOT_SERVING')
  }
  const loaded = async (): Promise<Health> => {
    loading ??= load().catch((error: unknown) => {
      // Files may be missing for a while only: the next one who asks tries again.
      loading = undefined
      throw error
    })
    const health = await loading
    tell(health)
    return health
  }
  const unary =
    (name: string): handleUnaryCall<Buffer, Buffer> =>
    (call, callback) => {
      const answer = async () => {
        const { method, handler } = (await loaded()).method(name)
        const request = decoded(method, call.request)
        handler({ request }, (error: object | null, response: unknown) =>
          callback(error, error === null ? method.responseSerialize(response) : null),
        )
      }
      answer().catch((error: unknown) => callback(failure(error)))
    }
  const watch: handleServerStreamingCall<Buffer, Buffer> = (call) => {
    const answer = async () => {
      const { method, handler } = (await loaded()).method('Watch')
      if (call.cancelled) return
      handler({
        request: decoded(method, call.request),
        write: (response: unknown) => call.write(method.responseSerialize(response)),
        on: (event: string, listener: () => void) => call.on(event, listener),
      })
    }
    answer().catch((error: unknown) => call.emit('error', failure(error)))
  }
  server.addService(
    { check: rawMethod('Check'), list: rawMethod('List'), watch: rawMethod('Watch') },
    { check: unary('Check'), list: unary('List'), watch },
  )
  return {
    setServing: (serving) => {
      isServing = serving
      // Should it fail to load, whoever asked is told.
      loading?.then(tell, () => undefined)
    },
  }
}

function decoded({ requestDeserialize }: Method['method'], request: Buffer): unknown {
  try {
    return requestDeserialize(request)
  } catch (error) {
    throw new ProtocolError(`The request cannot be decoded: ${reasonOf(error)}.`)
  }
}

function failure(error: unknown): { readonly code: status; readonly details: string } {
  if (error instanceof ProtocolError) return { code: status.INVALID_ARGUMENT, details: error.message }
  return { code: status.INTERNAL, details: String(error) }
}

/** The empty name stands for the whole server. */
const SERVICES = ['', 'decree.v1.Store'] as const

interface Health {
  readonly implementation: HealthImplementation
  method(name: string): Method
}

interface Method {
  readonly method: ServiceDefinition[string]
  /** Takes what a handler of this library takes; of it the implementation uses what is given here. */
  readonly handler: (call: object, callback?: unknown) => void
}

async function load(): Promise<Health> {
  const { HealthImplementation } = await import('grpc-health-check')
  const implementation = new HealthImplementation()
  const methods = new Map<string, Method>()
  implementation.addToServer({
    addService: (definition: ServiceDefinition, handlers: Readonly<Record<string, unknown>>) => {
      for (const [name, method] of Object.entries(definition)) {
        const handler = (handlers[name] ?? handlers[name.toLowerCase()]) as Method['handler']
        methods.set(name, { method: { ...method, requestDeserialize: short(method.requestDeserialize) }, handler })
      }
    },
  })
  return {
    implementation,
    method: (name) => {
      const method = methods.get(name)
      if (method === undefined) throw new Error(`the health service has no method ${name}`)
      return method
    },
  }
}

function rawMethod(name: string) {
  return {
    path: `/grpc.health.v1.Health/${name}`,
    requestStream: false,
    responseStream: name === 'Watch',
    requestSerialize: (bytes: Buffer) => bytes,
    requestDeserialize: (bytes: Buffer) => bytes,
    responseSerialize: (bytes: Buffer) => bytes,
    responseDeserialize: (bytes: Buffer) => bytes,
  }
}
