import type { User } from '@derm/contract'
import { useSyncExternalStore } from 'react'
import { session } from './browser-session.ts'
import type { SessionState } from './session.ts'

export function useSession(): SessionState {
  return useSyncExternalStore(session.subscribe, session.getState, session.getState)
}

/** Who is signed in; `null` in the moment between a session's end and the way to the sign-in page. */
export function useUser(): User | null {
  const state = useSession()
  return state.status === 'signed-in' ? state.user : null
}
