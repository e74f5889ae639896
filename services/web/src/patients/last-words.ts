import { useState } from 'react'
import { session } from '../session/browser-session.ts'

/** What was last searched for: who comes back from a chart finds the list again. In memory only. */
let words = ''

session.subscribe(() => {
  if (session.getState().status === 'signed-out') words = ''
})

export function useLastWords(): [words: string, setWords: (next: string) => void] {
  const [shown, setShown] = useState(words)
  return [
    shown,
    (next) => {
      words = next
      setShown(next)
    },
  ]
}
