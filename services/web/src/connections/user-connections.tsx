import type { Connection, ConnectionList } from '@derm/contract'
import { Button, Text } from '@mantine/core'
import { useState } from 'react'
import { describeError } from '../http/api-error.ts'
import { FormFrame } from '../ui/form-frame.tsx'
import { useEnding, type Ending } from './connection-queries.ts'
import { formatAge, formatChannels } from './connection-texts.ts'
import classes from './connections-screen.module.css'

type Props = { user: ConnectionList['users'][number]; isOwn: boolean; at: number }

/** One person's connections, by session: what an owner may end. Their own they end by signing out. */
export function UserConnections({ user: { id, displayName, connections }, isOwn, at }: Props) {
  const [asked, setAsked] = useState<Ending | null>(null)
  const sessions = [...new Set(connections.map(({ sessionId }) => sessionId))]
  return (
    <li className={classes['user']} data-testid={`connections-${id}`}>
      <div className={classes['head']}>
        <h2 className={classes['name']}>
          {displayName}
          {isOwn ? ' (you)' : ''}
        </h2>
        {isOwn || asked ? null : (
          <Button
            variant="subtle"
            size="compact-sm"
            onClick={() => setAsked({ of: 'users', id })}
            aria-label={`End all sessions of ${displayName}`}
            data-testid={`end-all-${id}`}
          >
            End all sessions
          </Button>
        )}
      </div>
      <ul className={classes['list']} aria-label={`Sessions of ${displayName}`}>
        {sessions.map((sessionId, index) => (
          <li key={sessionId} className={classes['session']} data-testid={`session-${sessionId}`}>
            <div>
              {connections
                .filter((one) => one.sessionId === sessionId)
                .map((one, which) => (
                  <Socket key={which} connection={one} at={at} />
                ))}
              <div className={classes['quiet']}>Session {sessionId}</div>
            </div>
            {isOwn || asked ? null : (
              <Button
                variant="subtle"
                size="compact-sm"
                onClick={() => setAsked({ of: 'sessions', id: sessionId })}
                aria-label={`End session ${index + 1} of ${displayName}`}
                data-testid={`end-${sessionId}`}
              >
                End session
              </Button>
            )}
          </li>
        ))}
      </ul>
      {asked ? <EndForm ending={asked} name={displayName} onClose={() => setAsked(null)} /> : null}
    </li>
  )
}

function Socket({ connection, at }: { connection: Connection; at: number }) {
  const { node, connectedAt, askedAt, channels, channelCount } = connection
  return (
    <div className={classes['socket']}>
      On {node} for {formatAge(connectedAt, at)}, last request {formatAge(askedAt, at)} ago
      <div className={classes['quiet']}>{formatChannels(channels, channelCount)}</div>
    </div>
  )
}

function EndForm({ ending, name, onClose }: { ending: Ending; name: string; onClose: () => void }) {
  const end = useEnding()
  const isAll = ending.of === 'users'
  return (
    <FormFrame
      title={isAll ? `End all sessions of ${name}?` : `End this session of ${name}?`}
      submitLabel={isAll ? 'End all' : 'End session'}
      testId="end-form"
      isDanger
      isPending={end.isPending}
      error={end.error ? describeError(end.error) : null}
      onSubmit={() => end.mutate(ending, { onSuccess: onClose })}
      onCancel={onClose}
    >
      <Text fz="sm">Its windows are signed out at once. {name} may sign in again.</Text>
    </FormFrame>
  )
}
