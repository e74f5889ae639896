import type { Resource } from '@derm/contract'
import type { ReactNode } from 'react'
import { useLastUpdated } from '../hooks/use-last-updated.ts'

/**
 * Glows for a moment when somebody else has changed what it holds. Each change starts the animation anew, and none is shown again by mounting
 * later; for those who prefer reduced motion it is a border that fades.
 */
export function UpdateHighlight({
  resource,
  id,
  includeOwn = false,
  className,
  children,
}: {
  resource: Resource
  id: string
  /** Glow for this window's own changes too. */
  includeOwn?: boolean
  className?: string
  children: ReactNode
}) {
  const update = useLastUpdated(resource, id)
  const isShown = update !== undefined && (includeOwn || !update.isOwn)
  // Two names for one animation: a change of name is what starts it again, without taking the children down.
  const phase = isShown && update.isRecent ? (update.count % 2 === 0 ? 'even' : 'odd') : undefined
  return (
    <div
      className={`derm-highlight ${className ?? ''}`}
      data-highlight={phase}
      data-updated={isShown ? update.eventId : undefined}
    >
      {children}
    </div>
  )
}
