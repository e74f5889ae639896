import { dirname, join } from 'node:path'
import { createRequire } from 'node:module'
import { Router, type RequestHandler, type Response } from 'express'
import { ERRORS } from '@derm/contract'
import { ROUTES } from '../routes.ts'
import { createOpenApi } from './document.ts'

/** Our own files only; the viewer sets styles on its elements, so inline styles are allowed, scripts are not. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

/** `/openapi.json`, and pages for people: `/docs`, `/docs/errors`. `basePath`: below which browsers see them. */
export function createDocs(basePath: string): Router {
  const router = Router()
  const document = JSON.stringify(createOpenApi(ROUTES))
  router.get('/openapi.json', send('application/json', document))
  router.get('/docs', send('text/html', place(VIEWER, basePath)))
  router.get('/docs/errors', send('text/html', place(ERROR_PAGE, basePath)))
  router.get('/docs/start.js', send('text/javascript', place(START, basePath)))
  const viewer = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
  for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js'])
    router.get(`/docs/${file}`, (_, response) => prepare(response).sendFile(join(viewer, file), { maxAge: 3_600_000 }))
  return router
}

/** Our own paths in these pages begin with `/api/`. */
const place = (text: string, basePath: string) => text.replaceAll(/(["'])\/api\//g, `$1${basePath}/api/`)

function prepare(response: Response): Response {
  return response.set('Content-Security-Policy', POLICY)
}

function send(type: string, body: string): RequestHandler {
  return (_, response) => void prepare(response).set('Cache-Control', 'no-cache').type(type).send(body)
}

const page = (title: string, body: string) =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
  `<title>${title}</title><link rel="stylesheet" href="/api/docs/swagger-ui.css"></head><body>${body}</body></html>`

const VIEWER = page(
  'DermLive API',
  '<div id="viewer"></div><script src="/api/docs/swagger-ui-bundle.js"></script><script src="/api/docs/start.js"></script>',
)
const START = `SwaggerUIBundle({ url: '/api/openapi.json', dom_id: '#viewer', deepLinking: true, validatorUrl: null })\n`

const CLIENT_ACTIONS = {
  fix: 'Correct the request.',
  refresh: 'Refresh the access token, then try again.',
  backoff: 'Wait (Retry-After), then try again.',
  reload: 'Read again what you show, then decide.',
  stop: 'A person has to act.',
}

const ERROR_PAGE = page(
  'DermLive errors',
  `<div class="swagger-ui"><div class="wrapper"><h1>Errors</h1><table><thead><tr><th>Code</th><th>Status</th><th>What it says</th><th>What a client does</th></tr></thead><tbody>${Object.entries(
    ERRORS,
  )
    .map(
      ([code, { status, title, client }]) =>
        `<tr id="${code}"><td><code>${code}</code></td><td>${status}</td><td>${title}</td><td>${CLIENT_ACTIONS[client]}</td></tr>`,
    )
    .join('')}</tbody></table></div></div>`,
)
