/**
 * What the publisher needs of a transaction: parameters are text, numbers, or arrays of them, each cast in the SQL.
 * Rows are plain objects; a bigint column may come as bigint, number or text.
 */
export interface SqlTx {
  query<Row>(sql: string, parameters: readonly unknown[]): Promise<Row[]>
}

type PrismaTx = { $queryRawUnsafe<Rows>(sql: string, ...parameters: unknown[]): Promise<Rows> }
type PgClient = { query(sql: string, parameters: unknown[]): Promise<{ rows: unknown[] }> }

/** For the `tx` of an interactive Prisma transaction. */
export function fromPrisma(tx: PrismaTx): SqlTx {
  return { query: (sql, parameters) => tx.$queryRawUnsafe(sql, ...parameters) }
}

/** For a `pg` client that has begun a transaction. */
export function fromPg(client: PgClient): SqlTx {
  return {
    async query<Row>(sql: string, parameters: readonly unknown[]) {
      return (await client.query(sql, [...parameters])).rows as Row[]
    },
  }
}
