import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { ColumnTypeEnum, bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils'
import { PrismaPg } from '@prisma/adapter-pg'
import { SESSION_OPTIONS } from '@derm/core/postgres'
import pg from 'pg'
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg'

const require = createRequire(import.meta.url)

/**
 * The engine's bindings are one for the whole process, whoever has loaded this file how often: a second instance would take their memory away
 * from the first. So are the instance and the turn: one engine at a time.
 */
type Shared = { started?: Promise<void>; turn: Promise<unknown> }
const KEY = Symbol.for('dermlive.schema-engine')
const shared = ((globalThis as { [KEY]?: Shared })[KEY] ??= { turn: Promise.resolve() })

/** Neither Node's types nor ES2023's declare it. */
const { WebAssembly } = globalThis as unknown as {
  WebAssembly: {
    instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: Record<string, unknown> } }>
  }
}

/** The engine's module expects a bundler that imports `.wasm`; Node does not, so it is instantiated by hand, once. */
function start(): Promise<void> {
  return (shared.started ??= (async () => {
    const door = require.resolve('@prisma/schema-engine-wasm/schema_engine_bg')
    const bytes = await readFile(door.replace(/\.js$/, '.wasm'))
    const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': bindings })
    bindings.__wbg_set_wasm(instance.exports)
    ;(instance.exports['__wbindgen_start'] as () => void)()
  })())
}

/**
 * Runs `work` with Prisma's schema engine as WebAssembly, on the `pg` driver: the real `migrate` without the native
 * binary that Prisma would download. Afterwards its connection is closed, and with it the advisory lock that it holds.
 */
export function withSchemaEngine<T>(url: string, work: (engine: bindings.SchemaEngine) => Promise<T>): Promise<T> {
  const result = shared.turn.then(() => run(url, work))
  shared.turn = result.catch(() => {})
  return result
}

async function run<T>(url: string, work: (engine: bindings.SchemaEngine) => Promise<T>): Promise<T> {
  await start()
  const pool = new pg.Pool({ connectionString: url, max: 1, options: SESSION_OPTIONS })
  const adapter = bindMigrationAwareSqlAdapterFactory(new EngineAdapter(pool))
  try {
    const engine = await bindings.SchemaEngine.new({ datamodels: undefined }, () => {}, adapter)
    try {
      return await work(engine)
    } finally {
      engine.free()
    }
  } finally {
    await pool.end()
  }
}

/** Postgres' type `"char"`, which columns of its catalogue have, and the type as which the adapter lets it pass. */
const [CHAR, TEXT] = [18, 25]

/**
 * Prisma's adapter with two faults mended, for the schema engine alone. It cuts a script at every semicolon, those in comments and
 * function bodies included: sent whole, a script is also one transaction, so that a migration applies entirely or not at all.
 * And it refuses results of the type `"char"`, which the engine asks the catalogue for when it compares a database with a schema.
 */
class EngineAdapter extends PrismaPg {
  override async connect() {
    const adapter = await super.connect()
    const driver = adapter.underlyingDriver()
    adapter.executeScript = async (script) => {
      await driver.query(script)
    }
    const characters = new Set<string>()
    const query = driver.query.bind(driver) as (config: unknown) => Promise<pg.QueryResult>
    driver.query = (async (config: unknown) => {
      const result = await query(config)
      for (const field of result.fields ?? [])
        if (field.dataTypeID === CHAR) {
          characters.add(field.name)
          field.dataTypeID = TEXT
        }
      return result
    }) as typeof driver.query
    const queryRaw = adapter.queryRaw.bind(adapter)
    adapter.queryRaw = async (request) => {
      characters.clear()
      const { columnNames, columnTypes, ...result } = await queryRaw(request)
      const toType = (type: (typeof columnTypes)[number], index: number) =>
        characters.has(columnNames[index] ?? '') ? ColumnTypeEnum.Character : type
      return { ...result, columnNames, columnTypes: columnTypes.map(toType) }
    }
    return adapter
  }
}
