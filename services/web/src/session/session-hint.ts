/**
 * Whether this browser, in any tab, may hold a refresh cookie, which scripts cannot see. It spares a request that could only fail, and decides
 * nothing else: who is signed in is what the server says.
 */
export type SessionHint = {
  mayExist: () => boolean
  remember: () => void
  /** Names the newest session that was remembered, in whichever tab; `null` when none is. */
  newest: () => string | null
  /** With `seen`: only if none was remembered since. A tab that was refused must not forget what another has begun meanwhile. */
  forget: (seen?: string | null) => void
}

const HINT_KEY = 'derm-session-hint'

/** In the storage that all tabs share. Where a browser allows none, there may always be a session. */
export function createSessionHint(openStorage: () => Storage): SessionHint {
  const attempt = <Result>(otherwise: Result, run: (storage: Storage) => Result): Result => {
    try {
      return run(openStorage())
    } catch {
      return otherwise
    }
  }
  const newest = () => attempt(null, (storage) => storage.getItem(HINT_KEY))
  return {
    newest,
    mayExist: () => attempt(true, (storage) => storage.getItem(HINT_KEY) !== null),
    remember: () => attempt(undefined, (storage) => storage.setItem(HINT_KEY, createName())),
    forget(seen) {
      if (seen === undefined || seen === newest()) attempt(undefined, (storage) => storage.removeItem(HINT_KEY))
    },
  }
}

/** `crypto.randomUUID` is for pages of https and localhost only. */
const createName = () => Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16)).join('')
