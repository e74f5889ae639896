import { BASE_PATH } from '../http/base-path.ts'
import { OWED_KEY, createSessionHint } from './session-hint.ts'
import { createExclusive, createSession, noticeOfEnd } from './session.ts'

/** This window's session. */
export const session = createSession({
  fetch: (path, init) => globalThis.fetch(`${BASE_PATH}${path as string}`, init),
  now: () => Date.now(),
  exclusively: createExclusive(navigator.locks),
  hint: createSessionHint(() => localStorage),
})

// Signed out in another tab: nothing stays here either, also while the server cannot be reached to say so.
window.addEventListener('storage', ({ key, newValue }) => {
  if (key === OWED_KEY && newValue !== null && session.getState().status === 'signed-in')
    session.end(noticeOfEnd('session_ended'))
})
