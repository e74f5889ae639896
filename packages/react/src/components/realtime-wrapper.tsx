import type { LiveConnection, Why } from '@derm/core/client'
import { useEffect, useState, type ReactNode } from 'react'
import { readPageLoad, reloadWaitMs } from '../page-reload.ts'
import { useConnection } from '../hooks/use-connection.ts'
import { useRealtime } from '../realtime-provider.tsx'

const NOTICE_MS = 5000
/** A break that is over before anybody could read of it is not worth a banner. */
const PATIENCE_MS = 2000

/** A view with the truth above it: a banner while it may be old, and a note when it was read again. */
export function RealtimeWrapper({ className, children }: { className?: string; children: ReactNode }) {
  const connection = useConnection()
  const { status, since } = connection
  const isOld = status === 'delayed' || status === 'offline' || status === 'stopped'
  const isWaiting = status === 'connecting' || status === 'catching_up'
  const isSlow = useIsSlow(isWaiting, since)
  const isResynced = useResyncNotice()
  return (
    <div className={`derm-wrapper ${className ?? ''}`} data-status={status}>
      {isOld && (
        <div className="derm-banner" role="alert" data-banner="stale">
          {oldText(connection)}
          {status === 'stopped' && connection.code === 'protocol_unsupported' && <LoadAgain />}
        </div>
      )}
      {!isOld && isSlow && (
        <div className="derm-banner" role="status" data-banner="catching-up">
          Catching up: what you see may be a moment old.
        </div>
      )}
      {isResynced && status === 'live' && (
        <div className="derm-banner derm-banner-quiet" role="status" data-banner="resync">
          Everything was read again after a break.
        </div>
      )}
      {children}
    </div>
  )
}

function oldText({ status, code, why, checkingMs }: LiveConnection): string {
  if (status === 'stopped') return stoppedText(code)
  if (status === 'offline') return 'Offline: what you see may be old. We keep trying to connect.'
  if (why && why in WHY_TEXTS) return `Delayed: ${WHY_TEXTS[why]}`
  if (checkingMs !== undefined)
    return `Delayed: others’ changes are not arriving at once. We check for them every ${Math.round(checkingMs / 1000)} seconds.`
  return 'Delayed: others’ changes are not arriving by themselves. What you see may be old.'
}

const WHY_TEXTS: Partial<Record<Why, string>> = {
  failing: 'what you see could not be read again, and may be old. We keep trying.',
  stale: 'something newer is there, and its answer has not come yet.',
  saving: 'something newer is there, and waits for a change of yours to be saved.',
  loading: 'something has not been read yet. We keep trying.',
  paused: 'there is no network. What you see may be old.',
}

function stoppedText(code: string | undefined): string {
  if (code === 'protocol_unsupported') return 'Another version of this page is out.'
  if (code === 'access_revoked') return 'Your access was taken back.'
  return 'Your session has ended: sign in again.'
}

/** Offers to load the page again, once: the page that comes may be the same one, as long as one version replaces the other. [SUB28] */
function LoadAgain() {
  const [waitMs, setWaitMs] = useState(() => reloadWaitMs(readPageLoad()))
  useEffect(() => {
    if (waitMs === 0) return
    const timer = setTimeout(() => setWaitMs(reloadWaitMs(readPageLoad())), Math.min(waitMs, 30_000))
    return () => clearTimeout(timer)
  }, [waitMs])
  const minutes = Math.ceil(waitMs / 60_000)
  if (waitMs > 0)
    return (
      <span>
        {' '}
        It was loaded again a moment ago, and is still the same: the update is under way. Try again in {minutes}{' '}
        {minutes === 1 ? 'minute' : 'minutes'}; what you see may be old until then.
      </span>
    )
  return (
    <button type="button" className="derm-banner-action" onClick={() => location.reload()}>
      Load it again
    </button>
  )
}

function useIsSlow(isWaiting: boolean, since: number): boolean {
  const [slowSince, setSlowSince] = useState<number | null>(null)
  useEffect(() => {
    if (!isWaiting) return
    const timer = setTimeout(() => setSlowSince(since), PATIENCE_MS)
    return () => clearTimeout(timer)
  }, [isWaiting, since])
  return isWaiting && slowSince === since
}

/** Says so once all that a break had made old was read again, and only if something was. [INV27] */
function useResyncNotice(): boolean {
  const realtime = useRealtime()
  const [count, setCount] = useState(0)
  useEffect(() => {
    let isWaiting = false
    const stops = [
      realtime.onResync(() => {
        isWaiting ||= !realtime.isCurrent()
      }),
      realtime.onFreshness(() => {
        if (!isWaiting || realtime.getConnection().status !== 'live' || !realtime.isCurrent()) return
        isWaiting = false
        setCount((before) => before + 1)
      }),
    ]
    return () => stops.forEach((stop) => stop())
  }, [realtime])
  useEffect(() => {
    if (count === 0) return
    const timer = setTimeout(() => setCount(0), NOTICE_MS)
    return () => clearTimeout(timer)
  }, [count])
  return count > 0
}
