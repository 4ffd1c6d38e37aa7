export { Distances } from './distances.ts'
export type { NearReport } from './placement.ts'
