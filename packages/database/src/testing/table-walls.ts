/** What stands between a table's rows and who asks for them. */
export type TableWall = {
  wall: 'forced' | 'not forced' | 'none'
  /** By name: for what, to whom, on what condition. */
  policies: Record<string, string>
  /** By role, the table's owner left out; a privilege on one column names the column. */
  grants: Record<string, string>
}

const TENANT = { tenant: 'ALL TO public USING (tenant_id = current_tenant()) CHECK (tenant_id = current_tenant())' }
const RELAY = { relay: 'ALL TO derm_relay USING true CHECK true' }
const UPKEEP = { upkeep: 'ALL TO derm_owner USING true CHECK true' }
const LOGIN = { login: 'SELECT TO derm_owner USING true' }

const behindWall = (grants: Record<string, string>, ...more: Record<string, string>[]): TableWall => ({
  wall: 'forced',
  policies: Object.assign({}, TENANT, ...more) as Record<string, string>,
  grants,
})
/** A tenant's records: read, added to and changed by the API, deleted by nobody. `build_tenant_wall(…, 'SELECT, INSERT, UPDATE')`. */
const record = behindWall({ derm_api: 'INSERT, SELECT, UPDATE' })
const deletable = behindWall({ derm_api: 'DELETE, INSERT, SELECT, UPDATE' })

/** Every table and sequence of the database. A new one gets its line here, next to the migration that builds its wall. */
export const TABLE_WALLS: Record<string, TableWall> = {
  _prisma_migrations: { wall: 'none', policies: {}, grants: {} },
  account_entries: behindWall({ derm_api: 'INSERT, SELECT' }),
  accounts: record,
  allergies: record,
  appointments: record,
  attempt_counters: {
    wall: 'forced',
    policies: { attempts: 'ALL TO derm_api USING true CHECK true' },
    grants: { derm_api: 'DELETE, INSERT, SELECT, UPDATE' },
  },
  audit_log: behindWall(
    { derm_api: 'INSERT, SELECT' },
    {
      sockets:
        "INSERT TO derm_owner USING CHECK (action = ANY (ARRAY['socket.connect'::text, 'socket.refused'::text]))",
    },
  ),
  'audit_log_<month>': { wall: 'forced', policies: {}, grants: {} },
  audit_log_default: { wall: 'forced', policies: UPKEEP, grants: {} },
  audit_log_id_seq: { wall: 'none', policies: {}, grants: { derm_api: 'USAGE' } },
  channel_heads: behindWall({ derm_api: 'INSERT, SELECT, UPDATE', derm_relay: 'SELECT, UPDATE' }, RELAY, UPKEEP),
  coverages: record,
  event_epoch: { wall: 'none', policies: {}, grants: { derm_api: 'SELECT', derm_relay: 'SELECT' } },
  events: behindWall({ derm_api: 'INSERT, SELECT', derm_relay: 'SELECT, UPDATE' }, RELAY, UPKEEP),
  'events_<day>': { wall: 'forced', policies: {}, grants: {} },
  events_default: { wall: 'forced', policies: UPKEEP, grants: {} },
  idempotency_keys: deletable,
  job_failures: {
    wall: 'forced',
    policies: { jobs: 'ALL TO derm_jobs USING true CHECK true' },
    grants: { derm_jobs: 'DELETE, INSERT, SELECT, UPDATE' },
  },
  locations: behindWall(
    { derm_api: 'INSERT, SELECT, UPDATE', derm_jobs: 'SELECT id, SELECT tenant_id, SELECT time_zone' },
    { jobs: 'SELECT TO derm_jobs USING true' },
  ),
  mrn_counters: record,
  patient_documents: record,
  patient_views: behindWall({ derm_api: 'DELETE, INSERT, SELECT' }),
  patients: record,
  provider_locations: deletable,
  providers: record,
  recalls: behindWall(
    {
      derm_api: 'INSERT, SELECT, UPDATE',
      derm_jobs: 'SELECT due_on, SELECT id, SELECT location_id, SELECT status, SELECT tenant_id',
    },
    { jobs: "SELECT TO derm_jobs USING (status = 'planned'::recall_status)" },
  ),
  rooms: record,
  sessions: behindWall(
    {
      derm_api: 'DELETE, INSERT, SELECT, UPDATE',
      derm_realtime: 'SELECT ended_at, SELECT expires_at, SELECT id, SELECT tenant_id, SELECT user_id',
    },
    { access: 'SELECT TO derm_realtime USING (ended_at IS NULL)', sockets: 'SELECT TO derm_owner USING true' },
  ),
  tenants: {
    wall: 'forced',
    policies: { tenant: 'ALL TO public USING (id = current_tenant()) CHECK (id = current_tenant())' },
    grants: { derm_api: 'SELECT' },
  },
  upkeep: behindWall(
    { derm_api: 'SELECT, UPDATE', derm_jobs: 'SELECT due_at, SELECT id, SELECT tenant_id' },
    { jobs: 'SELECT TO derm_jobs USING true' },
  ),
  user_access: behindWall(
    { derm_api: 'INSERT, SELECT, UPDATE', derm_realtime: 'SELECT' },
    { access: 'SELECT TO derm_realtime USING true' },
  ),
  users: behindWall({ derm_api: 'INSERT, SELECT, UPDATE' }, LOGIN),
  waitlist_entries: behindWall(
    {
      derm_api: 'INSERT, SELECT, UPDATE',
      derm_jobs: 'SELECT id, SELECT offer_expires_at, SELECT offer_starts_at, SELECT status, SELECT tenant_id',
    },
    { jobs: "SELECT TO derm_jobs USING (status = 'offered'::waitlist_status)" },
  ),
}

/** Every function, with whose rights it runs, and who but the owner may call it. */
export const FUNCTION_CALLERS: Record<string, string> = {
  'begin_channels(uuid,text,text[])': 'as owner:',
  'begin_missing_channels()': 'as caller:',
  'begin_own_channels()': 'as owner:',
  'begin_upkeep()': 'as caller:',
  'build_tenant_wall(regclass,text)': 'as caller:',
  'channel_shard(text)': 'as caller:',
  'current_tenant()': 'as caller: derm_api, derm_jobs, derm_realtime, derm_relay',
  'ensure_audit_partitions(integer)': 'as owner: derm_relay',
  'ensure_event_partitions(integer)': 'as owner: derm_relay',
  'event_server_identity()': 'as owner:',
  'find_login(text)': 'as owner: derm_api',
  'follow_event_server()': 'as owner: derm_relay',
  'next_epoch(text)': 'as caller: derm_relay',
  'plausible_epoch(text)': 'as caller: derm_relay',
  'next_mrn()': 'as caller: derm_api',
  'pending_events(integer,integer,text[])': 'as caller: derm_relay',
  'prune_audit_partitions(integer)': 'as owner: derm_relay',
  'prune_event_partitions(integer)': 'as owner: derm_relay',
  'raise_access_version()': 'as caller:',
  'refuse_offered_slot()': 'as caller:',
  'refuse_taken_offer()': 'as caller:',
  'record_refused_sockets(jsonb)': 'as owner: derm_realtime',
  'record_sockets(jsonb)': 'as owner: derm_realtime',
  'settle_attempt(bytea[],bytea[],integer[])': 'as caller: derm_api',
  'start_event_epoch()': 'as owner:',
  'take_attempt(bytea[],integer[],integer[],integer[],timestamp with time zone)': 'as caller: derm_api',
  'take_attempt(bytea[],integer[],integer[],integer[],integer[],boolean[],timestamp with time zone)':
    'as caller: derm_api',
  'topics_of(text)': 'as caller:',
}
