import { it } from 'vitest'
import { Walk } from './walk/walk.ts'
it('x', () => {
  for (const size of [3,5] as const) for (let s=10000;s<(size===3?40000:25000);s++) { try { new Walk(s, size).run(size===3?3000:5000) } catch(e) { console.log('FAILED', size, s, String(e)) } }
  console.log('DONE')
}, 600000)
