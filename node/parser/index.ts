export { ParserThread } from './thread.ts'
