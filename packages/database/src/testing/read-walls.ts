import { isDeepStrictEqual } from 'node:util'
import type pg from 'pg'
import type { TableWall } from './table-walls.ts'

const SERIES = [
  { form: /^events_\d{8}$/, as: 'events_<day>' },
  { form: /^audit_log_\d{6}$/, as: 'audit_log_<month>' },
]

/** What stands around each table of the database: the form of TABLE_WALLS. Extensions' own things are left out. */
export async function readWalls(client: pg.Client): Promise<Record<string, TableWall>> {
  const { rows } = await client.query<{ name: string; wall: TableWall }>(`
    SELECT c.relname AS name, json_build_object(
      'wall', CASE WHEN c.relrowsecurity AND c.relforcerowsecurity THEN 'forced' WHEN c.relrowsecurity THEN 'not forced' ELSE 'none' END,
      'policies', coalesce((
        SELECT json_object_agg(p.policyname, concat_ws(' ',
          nullif(p.permissive, 'PERMISSIVE'), p.cmd, 'TO', array_to_string(p.roles, ', '), 'USING', p.qual, 'CHECK ' || p.with_check)
          ORDER BY p.policyname)
        FROM pg_policies p WHERE p.schemaname = 'public' AND p.tablename = c.relname), '{}'),
      'grants', coalesce((
        SELECT json_object_agg(role, privileges ORDER BY role) FROM (
          SELECT grantee AS role, string_agg(what || CASE WHEN is_grantable THEN ' and may grant it' ELSE '' END, ', ' ORDER BY what) AS privileges FROM (
            SELECT a.grantee, a.privilege_type AS what, a.is_grantable FROM aclexplode(c.relacl) a
            UNION ALL
            SELECT a.grantee, a.privilege_type || ' ' || t.attname, a.is_grantable
            FROM pg_attribute t, aclexplode(t.attacl) a WHERE t.attrelid = c.oid AND NOT t.attisdropped
          ) AS held (grantee_id, what, is_grantable),
          LATERAL (SELECT coalesce(pg_get_userbyid(nullif(grantee_id, 0)), 'PUBLIC') AS grantee) AS named
          WHERE grantee_id <> c.relowner GROUP BY grantee
        ) AS granted), '{}')
    ) AS wall
    FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    ORDER BY 1`)
  // Partitions are made anew as time goes on: those of a table that are alike are one table here.
  const toName = ({ name, wall }: { name: string; wall: TableWall }) => {
    const series = SERIES.find(({ form }) => form.test(name))
    const first = series && rows.find((row) => series.form.test(row.name))
    return series && isDeepStrictEqual(wall, first?.wall) ? series.as : name
  }
  return Object.fromEntries(rows.map((row) => [toName(row), row.wall]))
}

/** Who may call which of our functions, and whether it runs with its owner's rights: the form of FUNCTION_CALLERS. */
export async function readFunctionCallers(client: pg.Client): Promise<Record<string, string>> {
  const { rows } = await client.query<{ name: string; callers: string }>(`
    SELECT p.oid::regprocedure::text AS name, concat_ws(' ', CASE WHEN p.prosecdef THEN 'as owner:' ELSE 'as caller:' END, (
      SELECT string_agg(callers.name, ', ' ORDER BY callers.name)
      FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a,
        LATERAL (SELECT coalesce(pg_get_userbyid(nullif(a.grantee, 0)), 'PUBLIC') AS name) AS callers
      WHERE a.grantee <> p.proowner)) AS callers
    FROM pg_proc p
    WHERE p.pronamespace = 'public'::regnamespace
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    ORDER BY 1`)
  return Object.fromEntries(rows.map(({ name, callers }) => [name, callers]))
}
