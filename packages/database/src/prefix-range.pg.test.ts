import { afterAll, beforeAll, expect, it } from 'vitest'
import { createPrisma, getSeedIds, seed, toPrefixRange, withTenant, type PrismaClient } from './index.ts'
import { useTestDatabase } from '@derm/local-servers/testing'

const db = useTestDatabase()
const { lakeside } = getSeedIds()
let prisma: PrismaClient
beforeAll(async () => {
  await seed(db.ownerUrl, { size: 'small' })
  prisma = createPrisma(db.apiUrl, { max: 1 })
})
afterAll(() => prisma.$disconnect())

it('a prefix’s range holds what begins with it, accents included, and nothing else', async () => {
  const found = await withTenant(prisma, lakeside.tenantId, async (tx) => {
    const names = ['Zzyx', 'Zzyxé', 'ZZYXON', 'Zzyw', 'Zzy']
    for (const [index, lastName] of names.entries())
      await tx.patient.create({
        data: {
          tenantId: lakeside.tenantId,
          mrn: `T${index}`,
          firstName: 'A',
          lastName,
          dateOfBirth: new Date('1980-01-01'),
        },
      })
    return tx.patient.findMany({ where: { nameKey: toPrefixRange('zzyx') }, orderBy: { nameKey: 'asc' } })
  })
  expect(found.map((patient) => patient.lastName)).toEqual(['Zzyx', 'ZZYXON', 'Zzyxé'])
})
