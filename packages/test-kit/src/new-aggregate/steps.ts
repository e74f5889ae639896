/** What one step of CONTRIBUTING's "How to add an aggregate" comes to for the toy: loans of dermatoscopes. */
export type Step = {
  title: string
  /** Files that it makes: the text of each is in `templates`. */
  makes: string[]
  edits: Edit[]
  /** Files that a command of the step writes. */
  written: string[]
}
/** `find` is replaced by `put`, in which `$&` is what was found. */
export type Edit = { path: string; find: RegExp | string; put: string }

const before = (path: string, find: RegExp, text: string): Edit => ({ path, find, put: `${text}$&` })
/** Before the end of the file's first table of several lines. */
const row = (path: string, text: string): Edit => before(path, /^[\]}]/m, text)
/** Where a file's imports begin. */
const importing = (path: string, what: string, from: string): Edit =>
  before(path, /^import /m, `import { ${what} } from '${from}'\n`)

const FOLDER = 'equipment-loans'
const CONTRACT = `packages/contract/src`
const DATABASE = `packages/database`
const API = `services/api/src`
const WEB = `services/web/src`
const inContract = (name: string) => `${CONTRACT}/${FOLDER}/${name}.ts`
const inApi = (name: string) => `${API}/${FOLDER}/${name}.ts`
const inWeb = (name: string) => `${WEB}/${FOLDER}/${name}`

export const MIGRATION = 'equipment_loans'
export const migrationPath = (timestamp: string) =>
  `${DATABASE}/prisma/migrations/${timestamp}_${MIGRATION}/migration.sql`
export const PROTOCOL_PAGE = 'docs/protocol.md'
export const PROTOCOL_HASH = `${CONTRACT}/wire/protocol.test.ts`

export const STEPS: readonly Step[] = [
  {
    title: 'Say in the contract what it is',
    makes: ['codes', 'entity', 'events', 'index', 'requests', 'transitions'].map(inContract),
    edits: [],
    written: [],
  },
  {
    title: 'Enter it in the tables of the contract',
    makes: [],
    edits: [
      before(
        `${CONTRACT}/subjects.ts`,
        /^\} as const satisfies Record<string, Subject>/m,
        `  equipment_loan: { resource: 'equipment_loans', path: '/equipment-loans', topic: 'scheduling' },\n`,
      ),
      before(`${CONTRACT}/resources.ts`, /^\}\)$/m, `  equipment_loans: { embeds: ['patients'] },\n`),
      before(
        `${CONTRACT}/catalogue.ts`,
        /^import type \{ EventDefinition/m,
        `import * as equipmentLoans from './equipment-loans/events.ts'\n`,
      ),
      before(`${CONTRACT}/catalogue.ts`, /^\] as const$/m, `  ...Object.values(equipmentLoans),\n`),
      before(`${CONTRACT}/index.ts`, /^export \* from '.\/locations/m, `export * from './equipment-loans/index.ts'\n`),
    ],
    written: [PROTOCOL_HASH, PROTOCOL_PAGE],
  },
  {
    title: 'Give it a table behind the wall',
    makes: [`${DATABASE}/prisma/schema/${FOLDER}.prisma`],
    edits: [
      before(
        `${DATABASE}/prisma/schema/patients.prisma`,
        /\n {2}@@unique\(\[tenantId, id\]\)\n {2}@@unique\(\[tenantId, mrn\]\)/,
        `  equipmentLoans EquipmentLoan[]\n`,
      ),
      before(
        `${DATABASE}/prisma/schema/practice.prisma`,
        /\n {2}@@unique\(\[tenantId, id\]\)\n {2}@@map\("locations"\)/,
        `  equipmentLoans EquipmentLoan[]\n`,
      ),
      before(`${DATABASE}/src/testing/table-walls.ts`, /^ {2}event_epoch:/m, `  equipment_loans: record,\n`),
    ],
    written: [migrationPath('<time>')],
  },
  {
    title: 'Seed it',
    makes: [`${DATABASE}/src/seed/${FOLDER}.ts`],
    edits: [
      importing(`${DATABASE}/src/seed/seeders.ts`, 'makeEquipmentLoans', './equipment-loans.ts'),
      row(
        `${DATABASE}/src/seed/seeders.ts`,
        `  defineSeeder('equipment_loans', async ({ faker, practice, patientIds, today }) =>
    makeEquipmentLoans(faker, practice, await patientIds(), today),
  ),
`,
      ),
    ],
    written: [],
  },
  {
    title: 'Describe it to the API',
    makes: ['equipment-loan', 'routes', 'test-fixtures'].map(inApi),
    edits: [
      importing(`${API}/routes.ts`, 'equipmentLoanRoutes', './equipment-loans/routes.ts'),
      row(`${API}/routes.ts`, `  ...equipmentLoanRoutes,\n`),
      importing(`${API}/testing/aggregate-fixtures.ts`, 'equipmentLoanFixtures', '../equipment-loans/test-fixtures.ts'),
      row(`${API}/testing/aggregate-fixtures.ts`, `  equipmentLoanFixtures,\n`),
      importing(`${API}/consequences.ts`, 'equipmentLoans', './equipment-loans/equipment-loan.ts'),
      row(`${API}/consequences.ts`, `  followMerge(equipmentLoans),\n`),
    ],
    written: [],
  },
  {
    title: 'Tell the client of it',
    makes: [],
    edits: [
      row(
        `packages/react/src/event-texts.ts`,
        `  'loan:created': { one: 'A device was lent', many: 'devices were lent' },
  'loan:updated': { one: 'A loan was changed', many: 'loans were changed' },
  'loan:returned': { one: 'A device came back', many: 'devices came back' },
`,
      ),
      before(`${WEB}/realtime/realtime.ts`, /^ {2}\},\n {2}notify:/m, `    equipment_loans: [['equipment_loans']],\n`),
    ],
    written: [],
  },
  {
    title: 'Give it a screen',
    makes: [inWeb('equipment-loan-queries.ts'), inWeb('equipment-loan-screen.tsx')],
    edits: [
      before(`${WEB}/app/screens.ts`, /, type Icon \}/, `, IconZoomCheck`),
      before(
        `${WEB}/app/screens.ts`,
        /^\]$/m,
        `  {
    path: '/equipment-loans',
    label: 'Equipment',
    icon: IconZoomCheck,
    opens: { topic: 'scheduling' },
    shows: ['equipment_loans'],
    load: () => import('../equipment-loans/equipment-loan-screen.tsx'),
  },
`,
      ),
      { path: `${WEB}/app/screens.test.ts`, find: /(\['\/schedule'[^\]]*)\]/g, put: `$1, '/equipment-loans']` },
    ],
    written: [],
  },
]
