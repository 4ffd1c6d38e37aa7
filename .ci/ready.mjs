// Makes the tree ready to run: installs the packages that package-lock.json names, generates the code for
// proto/, compiles to dist/. Each step runs only when its inputs have changed since it last succeeded, so
// that `npm start` and `npm test` can call this every time. `--build` compiles in any case.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
process.chdir(root)

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 12)) {
  fail(`Decree needs Node 20.12 or newer; this is ${process.versions.node}.`)
}

const build = process.argv.includes('--build')
const rooms = ['lang', 'node', 'client', 'proto', 'test', 'bench']

// Servers that are started at the same time must not build at the same time: the first one does it for all.
const LOCK = '.ready.lock'
let hasLock = false
process.on('exit', () => {
  if (hasLock) rmSync(LOCK, { force: true })
})

const packages = digest(['package.json', 'package-lock.json'])
if (needs('node_modules/.decree', packages)) {
  say('installing packages')
  run('npm', ['install', '--no-save', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'])
  writeFileSync('node_modules/.decree', packages)
}

const protos = digest([...files('proto', '.proto'), 'package-lock.json', '.ci/ready.mjs'])
if (needs('proto/gen/.stamp', build ? null : protos)) {
  say('generating code for proto/')
  rmSync('proto/gen', { recursive: true, force: true })
  mkdirSync('proto/gen', { recursive: true })
  generate(
    'forceLong=number',
    ['store', 'record', 'peer'].map((name) => `decree/v1/${name}.proto`),
  )
  // What users fill with full 64-bit numbers pays for bigint. Second, because imported files are written too.
  generate('forceLong=bigint', ['client.proto', 'decree/v1/value.proto'])
  writeFileSync('proto/gen/.stamp', protos)
}

const inputs = rooms.flatMap((room) => [...files(room, '.ts'), ...files(room, '.ohm')])
const sources = digest([...inputs, 'package-lock.json', 'tsconfig.json', '.ci/tsconfig.build.json', '.ci/ready.mjs'])
if (needs('dist/.stamp', build ? null : sources)) {
  say('compiling')
  // Beside the old one, which stays as it is until the new one is whole.
  const next = 'dist/.next'
  rmSync(next, { recursive: true, force: true })
  run('node_modules/.bin/tsc', ['-p', '.ci/tsconfig.build.json', '--outDir', next])
  for (const grammar of rooms.flatMap((room) => files(room, '.ohm'))) cpSync(grammar, join(next, grammar))
  // Read once, here, rather than at each start.
  const { shapeGrammar } = await import(pathToFileURL(join(root, next, 'lang/grammar.js')).href)
  writeFileSync(join(next, 'lang/grammar.json'), shapeGrammar.toRecipe())
  for (const room of readdirSync('dist')) if (room !== '.next') rmSync(join('dist', room), { recursive: true })
  for (const room of readdirSync(next)) renameSync(join(next, room), join('dist', room))
  rmSync(next, { recursive: true })
  writeFileSync('dist/.stamp', sources)
}

/** @param {string} long @param {string[]} names */
function generate(long, names) {
  run('node_modules/.bin/protoc', [
    '--plugin=protoc-gen-ts_proto=node_modules/.bin/protoc-gen-ts_proto',
    '--ts_proto_out=proto/gen',
    `--ts_proto_opt=${long},esModuleInterop=true,importSuffix=.ts,outputServices=grpc-js,oneof=unions-value,useMapType=true,outputJsonMethods=false,outputPartialMethods=false,useOptionals=none,env=node,exportCommonSymbols=false`,
    '-Iproto',
    ...names,
  ])
}

/** @param {string} command @param {string[]} args */
function run(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) fail(`${command} ${args[0]} failed.\n${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`)
}

/** @param {string} folder @param {string} ending @returns {string[]} */
function files(folder, ending) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending) && !name.endsWith('.test.ts'))
    .map((name) => join(folder, name))
    .sort()
}

/** @param {string[]} names */
function digest(names) {
  const hash = createHash('sha256')
  for (const name of names) if (existsSync(name)) hash.update(name).update('\0').update(readFileSync(name)).update('\0')
  return hash.digest('hex')
}

/**
 * Whether a step's inputs have changed since it last succeeded; always, if `digest` is null: no stamp equals it.
 * If so, takes the lock, waiting for whoever has it.
 * @param {string} name @param {string | null} digest
 */
function needs(name, digest) {
  while (stamp(name) !== digest) {
    if (hasLock) return true
    try {
      writeFileSync(LOCK, String(process.pid), { flag: 'wx' })
      hasLock = true
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
      const owner = Number(stamp(LOCK))
      if (owner > 0 && !isAlive(owner)) rmSync(LOCK, { force: true })
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100)
    }
  }
  return false
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** @param {string} name */
function stamp(name) {
  return existsSync(name) ? readFileSync(name, 'utf8') : undefined
}

/** @param {string} what */
function say(what) {
  process.stderr.write(`decree: ${what} ...\n`)
}

/** @param {string} why @returns {never} */
function fail(why) {
  process.stderr.write(`${why}\n`)
  process.exit(1)
}
