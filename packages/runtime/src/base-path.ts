import type { IncomingMessage } from 'node:http'

/**
 * Takes the prefix off a request's path where it is there: some proxies pass it on, some take it off themselves. `basePath`: '' or `/practice`.
 * `/practicexyz` does not begin with it. [OPS14]
 */
export function stripBasePath(request: IncomingMessage, basePath: string): void {
  const { url = '/' } = request
  if (basePath === '' || !url.startsWith(basePath)) return
  const rest = url.slice(basePath.length)
  if (rest === '' || rest.startsWith('?')) request.url = `/${rest}`
  else if (rest.startsWith('/')) request.url = rest
}
