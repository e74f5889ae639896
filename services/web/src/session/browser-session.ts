import { createSessionHint } from './session-hint.ts'
import { createExclusive, createSession } from './session.ts'

/** This window's session. */
export const session = createSession({
  fetch: (...args) => globalThis.fetch(...args),
  now: () => Date.now(),
  exclusively: createExclusive(navigator.locks),
  hint: createSessionHint(() => localStorage),
})
