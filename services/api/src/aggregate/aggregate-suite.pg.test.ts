import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  EVENT_TYPES,
  PERMISSIONS,
  POLICY,
  ROLES,
  comparePositions,
  definitionOf,
  grantedChannels,
  maySee,
  parseChannel,
  parsePositions,
  startsFrom,
  subjectOf,
  toChannelKey,
  type EventType,
  type LocationId,
  type Principal,
  type Role,
  type Topic,
  type Transition,
} from '@derm/contract'
import type { Route } from '../http/route.ts'
import { ROUTES } from '../routes.ts'
import { AGGREGATE_FIXTURES } from '../testing/aggregate-fixtures.ts'
import type { Fixtures, Made } from '../testing/test-fixtures.ts'
import { ids, useTestPod, type Answer, type SignedIn } from '../testing/test-pod.ts'
import { LOCAL_ROLES, createWorld, rolesOf, signInAs, type Place, type World } from '../testing/world.ts'

/**
 * What every aggregate keeps, tried on every route of every aggregate: both tables of access, the walls of tenant and location, `If-Match`,
 * the row lock, the idempotency key, the event and its thinness, the audit entry, `As-Of`, and each forbidden pair of status and action.
 */
const pod = useTestPod()
let home: World
let foreign: World
const emitted = new Set<EventType>()
const covered = new Set<Route>()

beforeAll(() => {
  home = createWorld(pod, 'lakeside')
  foreign = createWorld(pod, 'summit')
})

const ID = /[0-9a-f]{8}-[0-9a-f]{4}-/
const sees = (role: Role, topic: Topic) => (POLICY[role] as readonly Topic[]).includes(topic)
const ifMatch = ({ version }: Made) => ({ 'if-match': `"${version}"` })

function routeOf(method: string, path: string): Route {
  const route = ROUTES.find((one) => one.method === method && one.path === path)
  if (!route) throw new Error(`there is no ${method} ${path}`)
  covered.add(route)
  return route
}

/** All rows of a practice, as one text: whether anything of it has changed. A relay marks events at any time; the heads tell of new ones. */
async function dump({ tenantId, sql }: World): Promise<string> {
  const tables = await sql<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
     WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname NOT IN ('audit_log', 'events', 'idempotency_keys', 'sessions') ORDER BY 1`,
  )
  const sums = tables.map(
    ({ name }) =>
      `(SELECT md5(coalesce(string_agg(t::text, '' ORDER BY t::text), '')) FROM ${name} t WHERE tenant_id = $1)`,
  )
  const [row] = await sql<{ sum: string }>(`SELECT concat(${sums.join(', ')}) AS sum`, [tenantId])
  return row!.sum
}

async function newestAudit(action: string): Promise<Record<string, unknown> | undefined> {
  const [row] = await pod.sql('SELECT * FROM audit_log WHERE action = $1 ORDER BY id DESC LIMIT 1', [action])
  return row as Record<string, unknown> | undefined
}

describe.each(AGGREGATE_FIXTURES.map((fixtures) => [fixtures.aggregate.subject, fixtures] as const))(
  '%s',
  (subject, fixtures) => {
    const { aggregate } = fixtures
    const bodies = fixtures.bodies as Record<string, (world: World, at: Place) => object | Promise<object>>
    const { path, topic, scope, resource } = subjectOf(subject)
    const isLocal = scope === 'location'
    const make = (world: World, at: Place = world.location) => fixtures.make(world, at)

    /** Brings a new one into a status that the action may start from. */
    async function makeReady(row: Transition, world: World = home, at: Place = world.location): Promise<Made> {
      const made = await make(world, at)
      if (typeof row.from === 'string') return made
      return put(made, row.from.find((status) => !fixtures.columnsIn?.[status]) ?? (row.from[0] as string))
    }
    async function put(made: Made, status: string): Promise<Made> {
      const also = fixtures.columnsIn?.[status]
      await pod.sql(`UPDATE ${aggregate.table} SET status = '${status}'${also ? `, ${also}` : ''} WHERE id = $1`, [
        made.id,
      ])
      return made
    }
    const tenantOf = async (id: string) =>
      (await pod.sql(`SELECT tenant_id FROM ${aggregate.table} WHERE id = $1`, [id]))[0]?.tenant_id
    const act = async (
      client: SignedIn,
      action: string,
      made: Made,
      world = home,
      headers: Record<string, string> = ifMatch(made),
      body?: object,
    ) => {
      const [method, target] = action === 'update' ? ['PATCH', ''] : ['POST', `/${action}`]
      const sent = body ?? (await bodies[action]!(world, world.location))
      return client.request(method, `${path}/${made.id}${target}`, { body: sent, headers })
    }

    // What only the system does has no route; its job has a test of its own.
    const asked = Object.entries(aggregate.transitions).flatMap(([action, { by, ...row }]) =>
      by === 'system' ? [] : [[action, { ...row, by }] as const],
    )
    const changes = asked.filter(([, row]) => row.from !== 'new')
    const creations = asked.filter(([, row]) => row.from === 'new')

    describe.each(changes)('%s', (action, row) => {
      const route = routeOf(
        action === 'update' ? 'patch' : 'post',
        action === 'update' ? `${path}/:id` : `${path}/:id/${action}`,
      )

      it('[AGG5] role check', async () => {
        expect(route.action).toBe(row.by)
        for (const role of ROLES) {
          const client = await signInAs(pod, 'lakeside', role)
          const { status, text } = await act(client, action, await makeReady(row))
          const mayAct = rolesOf(row.by).includes(role) && sees(role, topic)
          expect([role, status], text).toEqual([role, mayAct ? 200 : 403])
        }
      })

      it('[AGG6] tenant wall', async () => {
        const theirs = await makeReady(row, foreign)
        const before = await dump(foreign)
        const answer = await act(await home.as(row.by), action, theirs)
        expect([answer.status, answer.body.code]).toEqual([404, 'not_found'])
        expect(await dump(foreign)).toBe(before)
      })

      if (isLocal)
        it('[AGG7] location check', async () => {
          const there = await makeReady(row, home, home.elsewhere)
          const local = rolesOf(row.by).filter((role) => LOCAL_ROLES.includes(role) && sees(role, topic))
          expect(local.length).toBeGreaterThan(0)
          for (const role of local) {
            const answer = await act(await signInAs(pod, 'lakeside', role), action, there)
            expect([role, answer.status, answer.body.code]).toEqual([role, 404, 'not_found'])
          }
        })

      it('[AGG8] If-Match', async () => {
        const client = await home.as(row.by)
        const made = await makeReady(row)
        expect(await act(client, action, made, home, {})).toMatchObject({
          status: 428,
          body: { code: 'precondition_required' },
        })
        expect(await act(client, action, { ...made, version: made.version + 6 })).toMatchObject({
          status: 409,
          body: { code: 'conflict', currentVersion: made.version },
        })
      })

      it('[AGG9] row lock: of twenty at once on one version, one wins', async () => {
        const client = await home.as(row.by)
        const made = await makeReady(row)
        const body = await bodies[action]!(home, home.location)
        await pod.takeEvents()
        const answers = await Promise.all(
          Array.from({ length: 20 }, () => act(client, action, made, home, ifMatch(made), body)),
        )
        expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 19 }, () => 409)])
        expect(await pod.takeEvents()).toHaveLength(1)
        const [stored] = await pod.sql(`SELECT version FROM ${aggregate.table} WHERE id = $1`, [made.id])
        expect(stored.version).toBe(made.version + 1)
      })

      it('[AGG10] event, version, audit and repeat', async () => {
        const client = await home.as(row.by)
        const made = await makeReady(row)
        const [stood] = await pod.sql(`SELECT * FROM ${aggregate.table} WHERE id = $1`, [made.id])
        const body = await bodies[action]!(home, home.location)
        await pod.takeEvents()
        const key = { ...ifMatch(made), 'idempotency-key': `${subject}-${action}` }
        const [method, target] = action === 'update' ? ['PATCH', ''] : ['POST', `/${action}`]
        const send = () => client.request(method, `${path}/${made.id}${target}`, { body, headers: key })
        const answer = await send()
        expect(answer.status, answer.text).toBe(200)
        expect(answer.body.version, 'version').toBe(made.version + 1)
        if (row.to !== 'same') expect([row.to].flat()).toContain(answer.body.status)
        await expectTold(fixtures, answer, row.event, client, made.version + 1, stood.status)
        expect(await newestAudit(`${subject}.${action}`), 'audit').toMatchObject({
          subject_id: made.id,
          subject_type: subject,
          actor_id: client.user.id,
          tenant_id: home.tenantId,
          location_id: isLocal ? home.location.id : null,
        })
        const again = await send()
        expect([again.status, again.text], 'repeat').toEqual([answer.status, answer.text])
        expect(again.headers.get('idempotent-replayed')).toBe('true')
        expect(await pod.takeEvents(), 'repeat').toEqual([])
        expect(await newestAudit('answer.repeat'), 'repeat').toMatchObject({ subject_id: made.id })
      })

      if (action === 'update')
        it('[AGG12] one that changes nothing shows the entity, and is audited as a read', async () => {
          const client = await home.as(row.by)
          const made = await makeReady(row)
          await pod.takeEvents()
          const answer = await act(client, action, made, home, ifMatch(made), {})
          expect([answer.status, answer.body.version], answer.text).toEqual([200, made.version])
          expect(await pod.takeEvents()).toEqual([])
          expect(await newestAudit(`${subject}.read`)).toMatchObject({
            subject_id: made.id,
            actor_id: client.user.id,
            location_id: isLocal ? home.location.id : null,
          })
        })

      if (typeof row.from !== 'string')
        it('[AGG11] status: every other one refuses it, and says what is possible', async () => {
          const client = await home.as(row.by)
          const statuses = new Set(
            changes.flatMap(([, one]) => [...(typeof one.from === 'string' ? [] : one.from), ...[one.to].flat()]),
          )
          for (const status of statuses) {
            if (status === 'same' || startsFrom(row, status)) continue
            const made = await put(await make(home), status)
            const body = await bodies[action]!(home, home.location)
            await pod.takeEvents()
            const answer = await act(client, action, made, home, ifMatch(made), body)
            const possible = changes.filter(([, one]) => startsFrom(one, status)).map(([name]) => name)
            expect([status, answer.status, answer.body.code]).toEqual([status, 409, 'invalid_transition'])
            expect(answer.body).toMatchObject({ currentStatus: status, currentVersion: made.version })
            expect(answer.body.possible.filter((name: string) => !possible.includes(name))).toEqual([])
            expect(answer.body.possible).not.toContain(action)
            expect(await pod.takeEvents()).toEqual([])
          }
        })
    })

    describe.each(creations)('%s', (action, row) => {
      const target = action === 'create' ? path : `${path}/${action}`
      const route = routeOf('post', target)
      const body = async (at: Place = home.location) => bodies[action]!(home, at)

      it('[AGG5] role check', async () => {
        expect(route.action).toBe(row.by)
        for (const role of ROLES) {
          const { status, text } = await (await signInAs(pod, 'lakeside', role)).post(target, await body())
          const mayAct = rolesOf(row.by).includes(role) && sees(role, topic)
          expect([role, status], text).toEqual([role, mayAct ? 201 : 403])
        }
      })

      it('[AGG6] tenant wall', async () => {
        const theirs = await bodies[action]!(foreign, foreign.location)
        const before = await dump(foreign)
        const answer = await (await home.as(row.by)).post(target, theirs)
        // A location of theirs is not there; where none is named, what else the body points to is no part of this practice.
        if (ID.test(JSON.stringify(theirs))) expect(isLocal ? [404] : [400, 404]).toContain(answer.status)
        else expect(await tenantOf(answer.body.id)).toBe(home.tenantId)
        expect(await dump(foreign)).toBe(before)
      })

      if (isLocal)
        it('[AGG7] location check', async () => {
          for (const role of rolesOf(row.by).filter((one) => LOCAL_ROLES.includes(one) && sees(one, topic))) {
            const answer = await (await signInAs(pod, 'lakeside', role)).post(target, await body(home.elsewhere))
            expect([role, answer.status, answer.body.code]).toEqual([role, 403, 'forbidden'])
          }
        })

      it('[AGG10] event, version, audit and repeat', async () => {
        const client = await home.as(row.by)
        const sent = await body()
        await pod.takeEvents()
        const send = () => client.post(target, sent, { 'idempotency-key': `${subject}-${action}` })
        const answer = await send()
        expect(answer.status, answer.text).toBe(201)
        expect(answer.body.version).toBe(1)
        expect(answer.headers.get('location')).toBe(`/api/v1${path}/${answer.body.id}`)
        expect((await client.get(`${path}/${answer.body.id}`)).body).toEqual(answer.body)
        await expectTold(fixtures, answer, row.event, client, 1, null)
        expect(await newestAudit(`${subject}.${action}`), 'audit').toMatchObject({
          subject_id: answer.body.id,
          actor_id: client.user.id,
        })
        const again = await send()
        expect([again.status, again.text], 'repeat').toEqual([answer.status, answer.text])
        expect(await pod.takeEvents(), 'repeat').toEqual([])
      })
    })

    const reads: [string, (made: Made, world: World, at: Place) => string][] = [
      ['get', (made) => `${path}/${made.id}`],
      ...(fixtures.query
        ? [
            ['list', (_made, world, at) => `${path}${fixtures.query!(world, at)}`] as [
              string,
              (m: Made, w: World, a: Place) => string,
            ],
          ]
        : []),
    ]
    describe.each(reads)('%s', (name, urlOf) => {
      routeOf('get', name === 'get' ? `${path}/:id` : path)

      it('[AGG5] role check', async () => {
        const made = await make(home)
        for (const role of ROLES) {
          const { status, text } = await (await signInAs(pod, 'lakeside', role)).get(urlOf(made, home, home.location))
          expect([role, status], text).toEqual([role, sees(role, topic) ? 200 : 403])
        }
      })

      it('[AGG6] tenant wall', async () => {
        const made = await make(foreign)
        const owner = await signInAs(pod, 'lakeside', 'owner')
        const answer = await owner.get(urlOf(made, foreign, foreign.location))
        if (name === 'list' && !isLocal) expect(JSON.stringify(answer.body)).not.toContain(made.id)
        else expect([answer.status, answer.body.code]).toEqual([404, 'not_found'])
        const theirs = await signInAs(pod, 'summit', 'owner')
        expect((await theirs.get(urlOf(made, foreign, foreign.location))).status).toBe(200)
      })

      if (isLocal)
        it('[AGG7] location check', async () => {
          const made = await make(home, home.elsewhere)
          for (const role of LOCAL_ROLES.filter((one) => sees(one, topic))) {
            const answer = await (await signInAs(pod, 'lakeside', role)).get(urlOf(made, home, home.elsewhere))
            expect([role, answer.status]).toEqual([role, name === 'get' ? 404 : 403])
          }
        })

      it('[AGG12] audit', async () => {
        const made = await make(home)
        const owner = await signInAs(pod, 'lakeside', 'owner')
        await owner.get(urlOf(made, home, home.location))
        const entry = await newestAudit(`${subject}.${name === 'get' ? 'read' : 'list'}`)
        expect(entry, 'audit').toMatchObject({
          actor_id: owner.user.id,
          subject_type: subject,
          tenant_id: home.tenantId,
        })
        if (name === 'get') expect(entry).toMatchObject({ subject_id: made.id })
        else expect(entry?.['details']).toMatchObject({ count: expect.any(Number) })
      })

      it('[AGG13] As-Of names every channel whose events can change it', async () => {
        const made = await make(home)
        for (const role of ROLES.filter((one) => sees(one, topic))) {
          const client = await signInAs(pod, 'lakeside', role)
          const { headers } = await client.get(urlOf(made, home, home.location))
          const asOf = Object.keys(parsePositions(headers.get('as-of')) ?? {})
          for (const type of EVENT_TYPES.filter((one) => definitionOf(one).invalidates.includes(resource)))
            for (const channel of channelsAt(client, definitionOf(type).topic))
              expect(asOf, `${role} lacks ${type}`).toContain(toChannelKey(channel))
        }
      })
    })

    /** The channels in which a change at home could be told, as far as the client may see them. */
    function channelsAt({ user }: SignedIn, of: Topic): string[] {
      const principal: Principal = {
        tenantId: home.tenantId as Principal['tenantId'],
        userId: user.id as Principal['userId'],
        grants: user.grants as Principal['grants'],
        locations: Object.values(ids.lakeside.locations).map(({ id }) => id),
      }
      return grantedChannels(principal, of, of === topic && isLocal ? (home.location.id as LocationId) : '*')
    }
  },
)

/** One event, its place in `Published` and in the `As-Of` of what is read next, its thin data, and nothing of what was written in words. */
async function expectTold(
  { aggregate, words }: Fixtures,
  answer: Answer,
  type: EventType,
  client: SignedIn,
  version: number,
  /** `null`: it is new. */
  statusBefore: string | null,
): Promise<void> {
  const events = await pod.takeEvents()
  expect(
    events.map((event) => event.type),
    'event',
  ).toEqual([type])
  const [event] = events
  const definition = definitionOf(type)
  expect(event).toMatchObject({
    actorId: client.user.id,
    subject: { type: aggregate.subject, id: answer.body.id, version },
    ...(definition.scope === 'location' ? { locationId: home.location.id } : {}),
  })
  expect(maySee({ ...clientPrincipal(client) }, parseChannel(event!.channel)!), 'event').toBe(true)
  expect(definition.data.safeParse(event!.data).success, 'event').toBe(true)
  if (definition.previous && 'status' in definition.previous.shape)
    expect(event!.previous, 'event').toMatchObject({ status: statusBefore })
  for (const word of words) expect(JSON.stringify(event), 'thin').not.toContain(word)
  emitted.add(type)

  const published = parsePositions(answer.headers.get('published'))!
  const key = toChannelKey(event!.channel)
  expect(published, 'event').toEqual({ [key]: { epoch: event!.epoch, seq: event!.seq } })
  const { headers } = await client.get(`${subjectOf(aggregate.subject).path}/${answer.body.id}`)
  const asOf = parsePositions(headers.get('as-of'))!
  expect(comparePositions(asOf[key]!, published[key]!), 'As-Of').toBeGreaterThanOrEqual(0)
}

function clientPrincipal({ user }: SignedIn): Principal {
  return {
    tenantId: home.tenantId as Principal['tenantId'],
    userId: user.id as Principal['userId'],
    grants: user.grants as Principal['grants'],
    locations: Object.values(ids.lakeside.locations).map(({ id }) => id),
  }
}

/** Routes of no aggregate, with where they are tried. */
const ELSEWHERE: Record<string, string> = {
  'auth/auth.pg.test.ts': '/auth/',
  'admin/admin.pg.test.ts': '/admin/',
  'audit-log/audit-log.pg.test.ts': '/audit',
  'events/positions.pg.test.ts': '/positions',
  'tenant-wall.pg.test.ts': '/events /locations /locations/:id /providers /providers/:id /patients/search',
}

afterAll(() => {
  // Here and not in a test: it is about what the tests above were made for.
  const exempt = Object.values(ELSEWHERE).flatMap((paths) => paths.split(' '))
  const missing = ROUTES.filter(
    (route) =>
      !covered.has(route) &&
      !exempt.some((one) => (one.endsWith('/') ? route.path.startsWith(one) : route.path === one)),
  )
  expect(missing.map(({ method, path }) => `${method} ${path} has no fixture`)).toEqual([])
})

it('[AGG14] every permission that a route asks for is one of the table', () => {
  for (const { action } of ROUTES) if (action) expect(PERMISSIONS).toHaveProperty(action)
})
