import type { NextFunction, Request, RequestHandler, Response } from 'express'
import getRawBody from 'raw-body'
import { CodedError } from '@derm/contract'
import { announcedLength, refuseBody } from '@derm/runtime'

/** The largest body that any route needs, with room, in bytes. */
export const BODY_LIMIT = 65_536

/**
 * Reads a JSON body of at most BODY_LIMIT bytes into `request.body`. A body that announces more is refused before any of it is read, one that
 * turns out to be longer as soon as it is. [OPS8] Compressed bodies are refused: what they hold is not known before it is there.
 * A body of another type is left unread, and refused by its route.
 */
export function createJsonBody(): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    readJson(request, response).then(
      () => next(),
      (error: unknown) => next(error),
    )
  }
}

async function readJson(request: Request, response: Response): Promise<void> {
  if (announcedLength(request) > BODY_LIMIT) throw refuse(request, response)
  if (!hasBody(request)) return
  const encoding = request.headers['content-encoding'] ?? 'identity'
  const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(request.headers['content-type'] ?? '')?.[1] ?? 'utf-8'
  if (encoding.toLowerCase() !== 'identity' || !/^utf-?8$/i.test(charset))
    throw new CodedError('unsupported_media_type')
  if (!request.is('application/json')) return
  const text = await getRawBody(request, { limit: BODY_LIMIT, encoding: 'utf-8' }).catch((error: unknown) => {
    if ((error as getRawBody.RawBodyError).type === 'entity.too.large') throw refuse(request, response)
    throw new CodedError('malformed_json', {}, { cause: error })
  })
  request.body = text === '' ? undefined : parse(text)
}

const hasBody = (request: Request) => request.headers['transfer-encoding'] !== undefined || announcedLength(request) > 0

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    // Without the cause, which quotes the body.
    throw new CodedError('malformed_json')
  }
}

function refuse(request: Request, response: Response): CodedError {
  refuseBody(request, response)
  return new CodedError('payload_too_large')
}
