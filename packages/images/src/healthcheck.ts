/** Exit code 0 when this container's own `/livez`, or the path that is given, answers with 200. */
const { ADMIN_HOST = '127.0.0.1', ADMIN_PORT = '' } = process.env
const host = ADMIN_HOST === '0.0.0.0' ? '127.0.0.1' : ADMIN_HOST
const path = process.argv[2] ?? '/livez'
const response = await fetch(`http://${host}:${ADMIN_PORT}${path}`, { signal: AbortSignal.timeout(2_000) }).catch(
  () => null,
)
process.exitCode = response?.status === 200 ? 0 : 1
export {}
