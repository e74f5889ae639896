import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import sirv from 'sirv'

const HEADERS = {
  'content-security-policy':
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
}

/**
 * Serves the built web client in `dist`. A path of `pages.json`, which the build writes from the client's own list, gets the page with 200.
 * Any other path without a file gets 404; a browser that navigates there gets the page too, which then says that there is no such page.
 */
export function createWebClient(dist: string): (request: IncomingMessage, response: ServerResponse) => void {
  // `dev` looks at the disk for each request: a client that is built again while this runs is served at once.
  const serveFile = sirv(dist, {
    dev: true,
    etag: true,
    extensions: [],
    setHeaders(response, path) {
      if (path.startsWith('/assets/')) response.setHeader('cache-control', 'public, max-age=31536000, immutable')
    },
  })

  async function servePage(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const isKnown = matchesPage(JSON.parse(await readFile(join(dist, 'pages.json'), 'utf8')) as string[], path)
    const isNavigation = request.headers.accept?.includes('text/html') ?? false
    response.statusCode = isKnown ? 200 : 404
    if (!isKnown && !isNavigation) return void response.end()
    response.setHeader('content-type', 'text/html; charset=utf-8').setHeader('cache-control', 'no-cache')
    response.end(await readFile(join(dist, 'index.html')))
  }

  return (request, response) => {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value)
    if (request.method !== 'GET' && request.method !== 'HEAD') return void response.writeHead(405).end()
    // sirv throws at a range that ends before it begins. Nothing here is large enough to be asked for in parts.
    delete request.headers.range
    serveFile(request, response, () => {
      const path = request.url?.split('?')[0] ?? '/'
      servePage(request, response, path).catch(() => response.writeHead(503).end('The web client is not built'))
    })
  }
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
