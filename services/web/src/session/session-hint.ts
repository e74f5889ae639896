/**
 * Whether this browser, in any tab, may hold a refresh cookie, which scripts cannot see. It spares a request that could only fail, and decides
 * nothing else: who is signed in is what the server says.
 */
export type SessionHint = {
  mayExist: () => boolean
  remember: () => void
  /** Names the newest session that was remembered, in whichever tab; `null` when none is. */
  newest: () => string | null
  /** With `seen`: only if none was remembered since. A tab that was refused must not forget what another has begun meanwhile. [SEC33] */
  forget: (seen?: string | null) => void
  /** Whether somebody has signed out here and the server has not said yet that it knows. */
  owesSignOut: () => boolean
  oweSignOut: () => void
  noteSignedOut: () => void
}

const HINT_KEY = 'derm-session-hint'
/** Set in every tab's storage by a sign-out, until the server has said that it knows. */
export const OWED_KEY = 'derm-sign-out-owed'

/** In the storage that all tabs share. Where a browser allows none, there may always be a session. */
export function createSessionHint(openStorage: () => Storage): SessionHint {
  const attempt = (run: (storage: Storage) => boolean) => {
    try {
      return run(openStorage())
    } catch {
      return true
    }
  }
  const newest = () => {
    try {
      return openStorage().getItem(HINT_KEY)
    } catch {
      return null
    }
  }
  /** For this page, where there is no storage. */
  let isOwed = false
  return {
    mayExist: () => attempt((storage) => storage.getItem(HINT_KEY) !== null),
    remember: () => void attempt((storage) => (storage.setItem(HINT_KEY, createName()), true)),
    newest,
    forget(seen) {
      if (seen === undefined || seen === newest()) attempt((storage) => (storage.removeItem(HINT_KEY), true))
    },
    owesSignOut() {
      try {
        return openStorage().getItem(OWED_KEY) !== null
      } catch {
        return isOwed
      }
    },
    oweSignOut() {
      isOwed = true
      attempt((storage) => (storage.setItem(OWED_KEY, '1'), true))
    },
    noteSignedOut() {
      isOwed = false
      attempt((storage) => (storage.removeItem(OWED_KEY), true))
    },
  }
}

/** `crypto.randomUUID` is for pages of https and localhost only. */
const createName = () => Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16)).join('')
