import { useSyncExternalStore } from 'react'

/** What this browser remembers of a person's taste. Nothing of a patient, ever. */
export type Preferences = {
  hasShortcuts: boolean
  view: 'auto' | 'board' | 'list'
}

const KEY = 'derm-preferences'
const DEFAULTS: Preferences = { hasShortcuts: true, view: 'auto' }
const listeners = new Set<() => void>()
let current: Preferences = read()

function read(): Preferences {
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Preferences>
    return {
      hasShortcuts: stored.hasShortcuts ?? DEFAULTS.hasShortcuts,
      view: stored.view === 'board' || stored.view === 'list' ? stored.view : DEFAULTS.view,
    }
  } catch {
    return DEFAULTS
  }
}

export function setPreferences(changes: Partial<Preferences>): void {
  current = { ...current, ...changes }
  try {
    localStorage.setItem(KEY, JSON.stringify(current))
  } catch {
    // A browser without storage forgets them at the next load.
  }
  for (const listener of [...listeners]) listener()
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => current,
  )
}
