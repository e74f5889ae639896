// Runs one program and ends it when whoever started us is gone, however that ended: `keeper.js <uid> <signal> <command> …`.
import { spawn } from 'node:child_process'

const [, , uid = '', signal = 'SIGTERM', command = '', ...args] = process.argv
/** @type {import('node:child_process').SpawnOptions} */
const options = { stdio: ['ignore', 'inherit', 'inherit'], ...(uid ? { uid: Number(uid), gid: Number(uid) } : {}) }
const child = spawn(command, args, options)
// Whoever started us knows the program by its own number.
process.send?.({ pid: child.pid ?? 0 }, () => process.disconnect())
child.on('exit', (code, by) => process.exit(by ? 1 : (code ?? 1)))
child.on('error', (error) => {
  process.stderr.write(`${error.message}\n`)
  process.exit(127)
})

let isEnding = false
function end() {
  if (isEnding) return
  isEnding = true
  child.kill(/** @type {NodeJS.Signals} */ (signal))
  setTimeout(() => child.kill('SIGKILL'), 8000).unref()
}
process.stdin.on('end', end).on('error', end).resume()
// Ctrl-C goes to the whole group: the order of the end is the parent's to decide.
process.on('SIGINT', () => {})
process.on('SIGTERM', end)
