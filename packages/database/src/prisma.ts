import { PrismaPg } from '@prisma/adapter-pg'
import { PrismaClient } from './generated/client.ts'

/** Settings of the client's pool. `max`: connections. */
export type PrismaOptions = { max: number; applicationName?: string }

/** A client on a pool of its own. The caller ends it with `$disconnect()`. */
export function createPrisma(url: string, { max, applicationName }: PrismaOptions): PrismaClient {
  const adapter = new PrismaPg({
    connectionString: url,
    max,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    ...(applicationName === undefined ? {} : { application_name: applicationName }),
  })
  return new PrismaClient({ adapter })
}
