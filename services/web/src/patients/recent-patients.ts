import { useSyncExternalStore } from 'react'
import { session } from '../session/browser-session.ts'

const MOST = 8
const listeners = new Set<() => void>()
/** Ids, the last opened first. In memory only: the next person at this computer finds none of them. */
let recent: readonly string[] = []

function setRecent(next: readonly string[]): void {
  recent = next
  for (const listener of [...listeners]) listener()
}

/** A chart was opened. */
export function noteRecentPatient(id: string): void {
  if (recent[0] !== id) setRecent([id, ...recent.filter((other) => other !== id)].slice(0, MOST))
}

session.subscribe(() => {
  if (session.getState().status === 'signed-out') setRecent([])
})

export function useRecentPatients(): readonly string[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => recent,
  )
}
