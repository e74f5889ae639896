import { requireSession, sessionOptions, type Pooling, type SettingRow } from '@derm/core/postgres'
import { PrismaPg } from '@prisma/adapter-pg'
import { PrismaClient } from './generated/client.ts'

/**
 * `max`: connections of the client's own pool. `pooling`: behind a pooler that deals out connections by transaction no statement is prepared by name: it
 * would be known to another server process than the next transaction's (PgBouncer carries names over since 1.21, with `max_prepared_statements`; older
 * ones answer with errors). `onStatement` is told each statement as it was sent, with its values, which may be a person's: it is for tests.
 */
export type PrismaOptions = {
  max: number
  applicationName?: string
  pooling?: Pooling
  onStatement?: (statement: Statement) => void
}
export type Statement = { sql: string; values: unknown[] }

/** A client on a pool of its own. The caller ends it with `$disconnect()`. */
export function createPrisma(
  url: string,
  { max, applicationName, pooling = 'none', onStatement }: PrismaOptions,
): PrismaClient {
  const adapter = new PrismaPg(
    {
      connectionString: url,
      max,
      connectionTimeoutMillis: 5_000,
      idleTimeoutMillis: 30_000,
      ...sessionOptions(pooling),
      ...(applicationName === undefined ? {} : { application_name: applicationName }),
    },
    pooling !== 'transaction' ? { statementNameGenerator: createStatementNames() } : {},
  )
  if (!onStatement) return new PrismaClient({ adapter })
  const prisma = new PrismaClient({ adapter, log: [{ emit: 'event', level: 'query' }] })
  prisma.$on('query', ({ query, params }) => onStatement({ sql: query, values: JSON.parse(params) as unknown[] }))
  return prisma
}

/** @throws SessionError when the client's sessions are not as they must be. */
export function requirePrismaSession(prisma: PrismaClient): Promise<void> {
  return requireSession((sql) => prisma.$queryRawUnsafe<SettingRow[]>(sql))
}

/** Each connection keeps every named statement: a list of ids as long as the page makes a statement of its own, so there is a limit. */
const MAX_STATEMENTS = 300

/**
 * Names for prepared statements. Half of what the events' flush costs Postgres is planning: prepared, a small write
 * transaction with an event runs about 1.4 times as often.
 */
function createStatementNames(): (query: { sql: string }) => string {
  const names = new Map<string, string>()
  return ({ sql }) => {
    const known = names.get(sql)
    if (known !== undefined) return known
    // The empty name is Postgres' word for a statement that is not kept.
    if (names.size === MAX_STATEMENTS) return ''
    const name = `derm_${names.size}`
    names.set(sql, name)
    return name
  }
}
