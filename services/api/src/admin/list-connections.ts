import {
  ConnectionList,
  ConnectionQuery,
  UserId,
  type Connection,
  type SocketAnswer,
  type TenantId,
} from '@derm/contract'
import { withTenant, type TenantTx } from '@derm/database'
import { loadCaller, type Caller } from '../access/principal.ts'
import { requireAction } from '../aggregate/lock-entity.ts'
import { definePlain, tokenOf, type Exchange } from '../http/route.ts'

/**
 * The practice's sockets on all nodes, for its owners. The nodes are asked between two transactions, so that none waits for them. What they
 * answer is shown of users whom Postgres knows as the tenant's, and of nobody else. [OPS48]
 */
export const listConnections = definePlain(
  {
    method: 'get',
    path: '/admin/connections',
    tag: 'admin',
    summary: 'Who is connected, on which node and to which channels, now (owners)',
    auth: 'bearer',
    action: 'administer',
    query: ConnectionQuery,
    answer: { status: 200, schema: ConnectionList, description: 'The sockets of the practice.' },
    errors: ['forbidden'],
  },
  async (exchange, { query }) => {
    const { api, source } = exchange
    const { tid: tenantId } = tokenOf(exchange)
    await asOwner(exchange, async () => null)
    const userId = query.userId === undefined ? {} : { userId: UserId.parse(query.userId) }
    const { answers, silent } = await api.socketLists.ask({ tenantId, ...userId })
    // Read again: whoever is no owner any more is shown nothing.
    const { caller, result: names } = await asOwner(exchange, (tx) => readNames(tx, tenantId, answers))
    const body: ConnectionList = {
      nodes: answers
        .map(({ node, protocol, count, sockets }) => ({
          name: node,
          protocol,
          connections: count,
          listed: sockets.length,
        }))
        .toSorted((a, b) => a.name.localeCompare(b.name)),
      silent,
      users: groupByUser(answers, names, api.clock.now()),
    }
    await api.audit.write(caller, source, {
      action: 'connections.list',
      subjectType: query.userId === undefined ? 'connections' : 'user',
      ...(query.userId === undefined ? {} : { subjectId: query.userId }),
      details: { count: body.users.length },
    })
    return { status: 200, body }
  },
)

function asOwner<Result>(
  exchange: Exchange,
  run: (tx: TenantTx) => Promise<Result>,
): Promise<{ caller: Caller; result: Result }> {
  const { api, turn } = exchange
  const token = tokenOf(exchange)
  return api.turns.run(turn, () =>
    withTenant(api.prisma, token.tid, async (tx) => {
      const caller = await loadCaller(tx, token)
      requireAction(caller, 'administer', null)
      return { caller, result: await run(tx) }
    }),
  )
}

async function readNames(
  tx: TenantTx,
  tenantId: TenantId,
  answers: readonly SocketAnswer[],
): Promise<Map<string, string>> {
  const ids = new Set(answers.flatMap(({ sockets }) => sockets.map(({ userId }) => userId)))
  const rows = await tx.user.findMany({
    where: { tenantId, id: { in: [...ids] } },
    select: { id: true, displayName: true },
  })
  return new Map(rows.map(({ id, displayName }) => [id, displayName]))
}

function groupByUser(
  answers: readonly SocketAnswer[],
  names: ReadonlyMap<string, string>,
  now: number,
): ConnectionList['users'] {
  const users = new Map<string, Connection[]>()
  for (const { node, sockets } of answers)
    for (const { userId, sessionId, connectedForMs, idleForMs, channelCount, channels } of sockets) {
      const connection = {
        ...{ node, sessionId, channelCount, channels },
        connectedAt: new Date(now - connectedForMs).toISOString(),
        askedAt: new Date(now - idleForMs).toISOString(),
      }
      users.set(userId, [...(users.get(userId) ?? []), connection])
    }
  return [...names]
    .map(([id, displayName]) => ({ id, displayName, connections: users.get(id) ?? [] }))
    .toSorted((a, b) => a.displayName.localeCompare(b.displayName) || a.id.localeCompare(b.id))
}
