import { isDeepStrictEqual } from 'node:util'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { useTestDatabase } from '@derm/local-servers/testing'
import { readFunctionCallers, readWalls } from './testing/read-walls.ts'
import { FUNCTION_CALLERS, TABLE_WALLS } from './testing/table-walls.ts'

const db = useTestDatabase()
let client: pg.Client

beforeAll(async () => {
  client = new pg.Client(db.superuserUrl)
  await client.connect()
})
afterAll(() => client.end())

type Difference = { name: string; expected: unknown; found: unknown }

async function findDifferences(): Promise<Difference[]> {
  const compare = (declared: Record<string, unknown>, present: Record<string, unknown>) =>
    [...new Set([...Object.keys(declared), ...Object.keys(present)])]
      .filter((name) => !isDeepStrictEqual(declared[name], present[name]))
      .map((name) => ({ name, expected: declared[name] ?? 'no such thing', found: present[name] ?? 'no such thing' }))
  return [
    ...compare(TABLE_WALLS, await readWalls(client)),
    ...compare(FUNCTION_CALLERS, await readFunctionCallers(client)),
  ]
}

describe('[TEN1] [TEN2] policies and privileges of all tables, for all roles', () => {
  it('are those that are declared', async () => {
    expect(await findDifferences()).toEqual([])
  })

  it.each([
    ['a privilege more', 'patients', 'GRANT DELETE ON patients TO derm_api'],
    ['a privilege less', 'rooms', 'REVOKE UPDATE ON rooms FROM derm_api'],
    ['a privilege on one column', 'patients', 'GRANT SELECT (last_name) ON patients TO derm_realtime'],
    ['a privilege that may be passed on', 'rooms', 'GRANT SELECT ON rooms TO derm_api WITH GRANT OPTION'],
    ['everybody’s privilege', 'users', 'GRANT SELECT ON users TO PUBLIC'],
    ['another condition', 'appointments', 'ALTER POLICY tenant ON appointments USING (true)'],
    ['one policy more', 'appointments', 'CREATE POLICY more ON appointments USING (true)'],
    ['a policy for fewer', 'sessions', 'ALTER POLICY tenant ON sessions TO derm_relay'],
    ['no policy', 'waitlist_entries', 'DROP POLICY tenant ON waitlist_entries'],
    ['no wall', 'providers', 'ALTER TABLE providers DISABLE ROW LEVEL SECURITY'],
    ['a wall that does not hold for the owner', 'audit_log', 'ALTER TABLE audit_log NO FORCE ROW LEVEL SECURITY'],
    ['a table without a line', 'claims', 'CREATE TABLE claims (id uuid, tenant_id uuid)'],
    ['a view', 'everybody', 'CREATE VIEW everybody AS SELECT * FROM patients'],
    ['a function more', 'peek()', 'CREATE FUNCTION peek() RETURNS int SECURITY DEFINER LANGUAGE sql RETURN 1'],
    ['a function for more', 'start_event_epoch()', 'GRANT EXECUTE ON FUNCTION start_event_epoch() TO derm_api'],
  ])('%s is seen, by the name of %s', async (_, name, change) => {
    await client.query('BEGIN')
    try {
      await client.query(change)
      expect((await findDifferences()).map((difference) => difference.name)).toEqual([name])
    } finally {
      await client.query('ROLLBACK')
    }
  })

  it('[OPS12] no function that runs with its owner’s rights looks for names where others can put them, or is everybody’s', async () => {
    const { rows } = await client.query<{ name: string; path: string | null; everybody: boolean }>(`
      SELECT p.oid::regprocedure::text AS name, EXISTS (
          SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0
        ) AS everybody,
        (SELECT setting FROM unnest(p.proconfig) AS setting WHERE setting LIKE 'search_path=%') AS path
      FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef`)
    expect(rows.length).toBeGreaterThan(5)
    expect(rows.filter(({ path, everybody }) => path !== 'search_path=pg_catalog, pg_temp' || everybody)).toEqual([])
  })

  it('[OPS12] a function that nothing calls is not there', async () => {
    const { rows } = await client.query(`SELECT 1 FROM pg_proc WHERE proname = 'find_session'`)
    expect(rows).toEqual([])
  })

  it('one statement builds a new table’s wall, sequences included', async () => {
    await client.query('BEGIN')
    try {
      await client.query(`SET LOCAL ROLE derm_owner;
        CREATE TABLE claims (id bigserial, tenant_id uuid NOT NULL);
        SELECT build_tenant_wall('claims', 'SELECT, INSERT, UPDATE');
        RESET ROLE`)
      const walls = await readWalls(client)
      expect(walls['claims']).toEqual(TABLE_WALLS['patients'])
      expect(walls['claims_id_seq']).toEqual(TABLE_WALLS['audit_log_id_seq'])
    } finally {
      await client.query('ROLLBACK')
    }
  })
})
