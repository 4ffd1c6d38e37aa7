import { DecreeDriver } from '../systems/decree-driver.ts'
import { EtcdDriver } from '../systems/etcd-driver.ts'
import { Etcd3Driver } from '../systems/etcd3-driver.ts'
import { PostgresDriver } from '../systems/postgres-driver.ts'
import { RedisDriver } from '../systems/redis-driver.ts'
import type { Driver, DriverOptions } from './driver.ts'

const DRIVERS = {
  decree: DecreeDriver.open,
  etcd: EtcdDriver.open,
  etcd3: Etcd3Driver.open,
  redis: RedisDriver.openShared,
  'redis-wait': RedisDriver.openWaiting,
  postgres: PostgresDriver.open,
} as const satisfies Readonly<Record<string, (options: DriverOptions) => Promise<Driver>>>

/** How a load process speaks with a system. */
export type DriverName = keyof typeof DRIVERS

export function openDriver(name: DriverName, options: DriverOptions): Promise<Driver> {
  return DRIVERS[name](options)
}
