import type { ConnectionList } from '@derm/contract'
import { Alert, Button, Group, Skeleton, Stack, Text, TextInput, Title } from '@mantine/core'
import { IconAlertCircle, IconPlugConnectedX, IconRefresh } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useUser } from '../session/use-user.ts'
import { EmptyState } from '../ui/empty-state.tsx'
import { QueryView } from '../ui/query-view.tsx'
import { connectionsQuery } from './connection-queries.ts'
import classes from './connections-screen.module.css'
import { NodeList } from './node-list.tsx'
import { UserConnections } from './user-connections.tsx'

/** Who is connected now, for owners. What is typed to find somebody stays in this window. */
export default function ConnectionsScreen() {
  const user = useUser()
  const query = useQuery(connectionsQuery())
  const [text, setText] = useState('')
  useEffect(() => {
    document.title = 'Connections · DermLive'
  }, [])
  return (
    <div className={classes['page']}>
      <Group justify="space-between">
        <Title order={1}>Connections</Title>
        <Button
          variant="default"
          leftSection={<IconRefresh size={17} aria-hidden="true" />}
          loading={query.isFetching}
          onClick={() => void query.refetch()}
          data-testid="connections-refresh"
        >
          Refresh
        </Button>
      </Group>
      <TextInput
        type="search"
        label="Find a person"
        autoComplete="off"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        data-testid="connections-search"
      />
      <QueryView
        query={query}
        what="The list of connections"
        skeleton={<Loading />}
        isEmpty={({ users, silent }) => users.length === 0 && silent.count === 0}
        empty={<EmptyState icon={IconPlugConnectedX} title="Nobody is connected" />}
      >
        {(list) => (
          <>
            <Silent silent={list.silent} />
            <NodeList nodes={list.nodes} />
            <Users list={list} text={text.trim().toLowerCase()} ownId={user?.id ?? ''} at={query.dataUpdatedAt} />
          </>
        )}
      </QueryView>
    </div>
  )
}

function Loading() {
  return (
    <Stack gap="xs" role="status" aria-busy="true" aria-label="The list of connections: loading" data-testid="loading">
      <Skeleton h={60} />
      <Skeleton h={90} />
      <Skeleton h={90} />
    </Stack>
  )
}

/** A list that lacks a node's sockets says so. */
function Silent({ silent: { count, names } }: Pick<ConnectionList, 'silent'>) {
  if (count === 0) return null
  return (
    <Alert color="orange" icon={<IconAlertCircle />} role="status" data-testid="connections-silent">
      {count === 1 ? 'One server' : `${count} servers`} did not answer
      {names.length > 0 ? ` (${names.join(', ')})` : ''}: who is connected there is missing below.
    </Alert>
  )
}

type UsersProps = { list: ConnectionList; text: string; ownId: string; at: number }

function Users({ list, text, ownId, at }: UsersProps) {
  const users = list.users.filter(({ displayName }) => displayName.toLowerCase().includes(text))
  const more = list.nodes.reduce((sum, { connections, listed }) => sum + connections - listed, 0)
  return (
    <>
      <Text fz="sm" c="dimmed" role="status" data-testid="connections-count">
        {users.length === 1 ? 'One person' : `${users.length} people`}
        {text === '' ? '' : ' found'}.{more > 0 ? ` ${more} older connections are not listed.` : ''}
      </Text>
      <ul className={classes['list']} aria-label="People">
        {users.map((one) => (
          <UserConnections key={one.id} user={one} isOwn={one.id === ownId} at={at} />
        ))}
      </ul>
    </>
  )
}
