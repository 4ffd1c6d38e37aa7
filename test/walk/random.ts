export { Random } from '../support/random.ts'
