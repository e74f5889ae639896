import type { Edit } from './steps.ts'

/** A check of the copy: a program that must succeed with the toy as it is, and fail by `name` once something is left out. */
export type Check = { command: string; args: readonly string[] }

const types = (project: string): Check => ({ command: 'npx', args: ['tsc', '-p', project] })
const pure = (path: string): Check => ({ command: 'npx', args: ['vitest', 'run', '--project', 'pure', path] })
const servers = (path: string, only: string): Check => ({
  command: 'npx',
  args: ['vitest', 'run', '--project', 'servers', path, '-t', only],
})

export const SUITE = servers('services/api/src/aggregate/aggregate-suite.pg.test.ts', 'equipment_loan')
const WALLS = servers('packages/database/src/table-walls.pg.test.ts', 'are those that are declared')

/** `edit`: what is left out. Where no aggregate can leave it out, it is taken from the mechanism. `fails`: the name that the check must say. */
export type Mutation = { what: string; edit: Edit; check: Check; fails: RegExp; isQuick?: true }

const CONTRACT = 'packages/contract/src'
const API = 'services/api/src'

/** One for each rule that an aggregate keeps. */
export const mutationsOf = (migration: string): readonly Mutation[] => [
  {
    what: 'role check',
    edit: { path: `${CONTRACT}/equipment-loans/transitions.ts`, find: /\n +by(: '\w+')?,/, put: '' },
    check: types('packages/contract'),
    fails: /Property 'by' is missing/,
    isQuick: true,
  },
  {
    what: 'location check',
    edit: { path: `${API}/aggregate/lock-entity.ts`, find: "scope !== 'location' ||", put: 'true ||' },
    check: SUITE,
    fails: /\[AGG7\] location check/,
  },
  {
    what: 'row lock',
    edit: { path: `${API}/aggregate/lock-entity.ts`, find: /FOR (NO KEY )?UPDATE/, put: '' },
    check: SUITE,
    fails: /\[AGG9\] row lock/,
  },
  {
    what: 'audit of a change',
    edit: {
      path: `${API}/aggregate/write-entity.ts`,
      find: /\n {2}audit\(change, aggregate, action, row\)\n {2}for/,
      put: '\n  for',
    },
    check: SUITE,
    fails: /\[AGG10\] event, version, audit and repeat/,
  },
  {
    what: 'audit of a read',
    edit: {
      path: `${API}/aggregate/entity-reads.ts`,
      find: /\n {6}audit: \(entity\) => \(\{[^]*?\n {6}\}\),/,
      put: '',
    },
    check: types('services/api'),
    fails: /audit/,
  },
  {
    what: 'version increment',
    edit: {
      path: `${API}/aggregate/write-entity.ts`,
      find: /(\.update\(\{\n.*\n +data: \{ \.\.\.data), version: \{ increment: 1 \}/,
      put: '$1',
    },
    check: SUITE,
    fails: /\[AGG10\] event, version, audit and repeat/,
  },
  {
    what: 'event',
    edit: { path: `${CONTRACT}/equipment-loans/transitions.ts`, find: /\n +event: '[\w:]+',/, put: '' },
    check: types('packages/contract'),
    fails: /Property 'event' is missing/,
  },
  {
    what: '`As-Of` feed',
    edit: {
      path: `${CONTRACT}/resources.ts`,
      find: "equipment_loans: { embeds: ['patients'] }",
      put: 'equipment_loans: { embeds: [] }',
    },
    check: pure(`${API}/aggregate/views.test.ts`),
    fails: /\[AGG21\][^\n]*equipment_loan/,
    isQuick: true,
  },
  {
    what: 'path',
    edit: { path: `${CONTRACT}/subjects.ts`, find: " path: '/equipment-loans',", put: '' },
    check: types('packages/contract'),
    fails: /Property 'path' is missing/,
  },
  {
    what: 'wall policy',
    edit: { path: migration, find: /SELECT build_tenant_wall\([^)]*\);/, put: '' },
    check: WALLS,
    fails: /equipment_loans/,
  },
  {
    what: 'text',
    edit: { path: 'packages/react/src/event-texts.ts', find: /\n {2}'loan:returned':.*/, put: '' },
    check: types('packages/react'),
    fails: /loan:returned/,
  },
  {
    what: 'screen link',
    edit: {
      path: 'services/web/src/app/screens.ts',
      find: /\n {2}\{\n {4}path: '\/equipment-loans',[^]*?\n {2}\},/,
      put: '',
    },
    check: pure('services/web/src/app/screens.test.ts'),
    fails: /\[SCR1\]/,
    isQuick: true,
  },
]
