import { realpath } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join, relative, sep } from 'node:path'
import send from 'send'

export type StaticFiles = {
  /** Sends the file of a path, as it stands in the request; answers false, and sends nothing, when there is none. */
  serve(request: IncomingMessage, response: ServerResponse, path: string): Promise<boolean>
}

/**
 * The files in one folder, and nothing else: `send` decodes the path once and refuses what leads up, and the file that is found, links
 * followed, must still be inside. Nothing that begins with a dot is served. The disk is looked at for each request. [OPS10]
 */
export function createStaticFiles(folder: string): StaticFiles {
  return {
    async serve(request, response, path) {
      const name = await findInside(folder, path)
      if (name === null) return false
      const url = name.split(sep).map(encodeURIComponent).join('/')
      return new Promise((resolve) => {
        send(request, `/${url}`, {
          root: folder,
          dotfiles: 'ignore',
          index: false,
          acceptRanges: false,
          cacheControl: false,
          lastModified: false,
        })
          .on('headers', (sent: ServerResponse) => {
            const isHashed = path.startsWith('/assets/')
            sent.setHeader('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache')
          })
          .on('error', () => resolve(false))
          .on('directory', () => resolve(false))
          .on('end', () => resolve(true))
          .pipe(response)
        response.once('close', () => resolve(true))
      })
    },
  }
}

/** The file's own name below the folder; `null` for what is not there, leads out, or is hidden. */
async function findInside(folder: string, path: string): Promise<string | null> {
  const decoded = decode(path)
  if (decoded === null || /[\0\\]/.test(decoded) || decoded.split('/').some((part) => part.startsWith('.'))) return null
  const root = await realpath(folder).catch(() => null)
  const found = root && (await realpath(join(root, decoded)).catch(() => null))
  // With the separator: a folder beside ours may begin with the same name.
  if (!root || !found?.startsWith(root + sep)) return null
  return relative(root, found)
}

function decode(path: string): string | null {
  try {
    return decodeURIComponent(path)
  } catch {
    return null
  }
}
