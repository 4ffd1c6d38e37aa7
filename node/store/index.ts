export { decodePatch, encodePatch, type Patch, type PatchEntry, type SessionUpdate } from './patch.ts'
export type { Entry, IdentityWrite, ReadView, Restored, Session, Store } from './store.ts'
