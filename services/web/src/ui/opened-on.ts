import { useState } from 'react'
import { ApiError } from '../http/api-error.ts'

/**
 * What a form was opened on. It is what the person has seen, so its version goes along with what they send: a change by someone else in between is
 * refused and shown, not overwritten. After that refusal they have seen the current state, and what they send then is meant for it.
 */
export function useOpenedOn<Entity extends { version: number }>(current: Entity, error: unknown) {
  const [base, setBase] = useState(current)
  const isConflict = error instanceof ApiError && error.code === 'conflict'
  return {
    isConflict,
    /** With each submit. */
    takeBase(): Entity {
      const next = isConflict ? current : base
      setBase(next)
      return next
    },
  }
}
