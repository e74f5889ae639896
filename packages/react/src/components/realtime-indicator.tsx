import type { ConnectionStatus } from '@derm/core/client'
import { useConnection } from '../hooks/use-connection.ts'

/** Words, form and colour: never colour alone. */
const SHOWN: Record<ConnectionStatus, { text: string; sign: string }> = {
  idle: { text: 'Not connected', sign: '○' },
  connecting: { text: 'Connecting…', sign: '◔' },
  catching_up: { text: 'Catching up…', sign: '◑' },
  live: { text: 'Live', sign: '●' },
  delayed: { text: 'Delayed', sign: '◍' },
  offline: { text: 'Offline', sign: '✕' },
  stopped: { text: 'Stopped', sign: '■' },
}

/** Whether what is shown is live, and since when it is not; how often it is checked instead. */
export function RealtimeIndicator({ className }: { className?: string }) {
  const { status, since, node, code, why, checkingMs } = useConnection()
  const { text, sign } = SHOWN[status]
  const isOld = status === 'delayed' || status === 'offline' || status === 'stopped'
  const checking = checkingMs === undefined ? '' : `, checking every ${Math.round(checkingMs / 1000)} s`
  const time = new Date(since).toLocaleTimeString([], { hour: 'numeric', minute: '2-digit' })
  return (
    <span
      className={`derm-indicator ${className ?? ''}`}
      role="status"
      aria-live="polite"
      data-status={status}
      data-node={node}
      data-code={code}
      data-why={why}
    >
      <span className="derm-indicator-sign" aria-hidden="true">
        {sign}
      </span>
      {isOld ? `${text} since ${time}${checking}` : text}
    </span>
  )
}
