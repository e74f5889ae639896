import { createExclusive, createSession, type SessionTrace } from './session.ts'

const KEY = 'derm-session'

/** Says that somebody has signed in here, and not who. */
const trace: SessionTrace = {
  has() {
    try {
      return localStorage.getItem(KEY) !== null
    } catch {
      // A browser without storage may have cookies all the same.
      return true
    }
  },
  set(isSignedIn) {
    try {
      if (isSignedIn) localStorage.setItem(KEY, 'on')
      else localStorage.removeItem(KEY)
    } catch {
      // It is asked each time, then.
    }
  },
}

/** This window's session. */
export const session = createSession({
  fetch: (...args) => globalThis.fetch(...args),
  now: () => Date.now(),
  exclusively: createExclusive(navigator.locks),
  trace,
})
