import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { STRICT_TRANSPORT } from '@derm/runtime'
import { createStaticFiles } from './static-files.ts'

export type WebClientOptions = {
  /** The built web client. */
  dist: string
  /** The path below which browsers see it: '' or `/practice`. */
  basePath: string
  /** From which the page is loaded: it may connect back to these, and over https nothing else is spoken. */
  origins: readonly string[]
}

/**
 * Serves the built web client. A path of `pages.json`, which the build writes from the client's own list, gets the page with 200.
 * Any other path without a file gets 404; a browser that navigates there gets the page too, which then says that there is no such page.
 */
export function createWebClient({
  dist,
  basePath,
  origins,
}: WebClientOptions): (request: IncomingMessage, response: ServerResponse) => void {
  const files = createStaticFiles(dist)
  const policy = createPolicy(origins)
  const isSecure = origins.length > 0 && origins.every((origin) => origin.startsWith('https:'))

  async function servePage(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const isKnown = matchesPage(JSON.parse(await readFile(join(dist, 'pages.json'), 'utf8')) as string[], path)
    const isNavigation = request.headers.accept?.includes('text/html') ?? false
    response.statusCode = isKnown ? 200 : 404
    if (!isKnown && !isNavigation) return void response.end()
    response.setHeader('content-type', 'text/html; charset=utf-8').setHeader('cache-control', 'no-cache')
    response.end(placePage(await readFile(join(dist, 'index.html'), 'utf8'), basePath))
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.split('?')[0] ?? '/'
    // The page itself is served as a page: it has to know where it stands.
    const isFile = path !== '/index.html' && (await files.serve(request, response, path))
    if (!isFile) await servePage(request, response, path)
  }

  return (request, response) => {
    response.setHeader('content-security-policy', policy)
    if (isSecure || request.headers['x-forwarded-proto'] === 'https')
      for (const [name, value] of Object.entries(STRICT_TRANSPORT)) response.setHeader(name, value)
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end()
      return
    }
    answer(request, response).catch(() => {
      if (response.headersSent) response.destroy()
      else response.writeHead(503).end('The web client is not built')
    })
  }
}

/** Sockets to where the page comes from, by name: a bare `ws:` would be everywhere, and not every browser counts sockets as 'self'. [OPS5] */
function createPolicy(origins: readonly string[]): string {
  const sockets = origins.map((origin) => origin.replace(/^http/, 'ws'))
  return [
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    `connect-src ${["'self'", ...sockets].join(' ')}`,
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')
}

/** The build refers to its files relatively: so one build stands below every prefix. [OPS14] */
function placePage(html: string, basePath: string): string {
  return html
    .replaceAll(/(src|href)="\.\//g, `$1="${basePath}/`)
    .replace('<meta name="base-path" content=""', `<meta name="base-path" content="${basePath}"`)
}

/** Compares segment by segment; `$name` in a page stands for any one segment. */
function matchesPage(pages: readonly string[], path: string): boolean {
  const segments = path.replace(/(?<=[^/])\/$/, '').split('/')
  return pages.some((page) => {
    const wanted = page.split('/')
    return (
      wanted.length === segments.length &&
      wanted.every((segment, i) => (segment.startsWith('$') ? segments[i] !== '' : segment === segments[i]))
    )
  })
}
