import { RESOURCES, subjectOf } from '@derm/contract'
import { createPrisma } from '@derm/database'
import { describe, expect, it } from 'vitest'
import { AGGREGATE_FIXTURES } from '../testing/aggregate-fixtures.ts'
import type { Aggregate } from './aggregate.ts'

type Fields = { fields: { name: string; kind: string; type: string }[] }
type View = { [name: string]: View | boolean | undefined }

/** Prisma's own description of the tables; nothing is connected to. */
const { models } = (
  createPrisma('postgres://localhost:1/none', { max: 1 }) as unknown as {
    _runtimeDataModel: { models: Record<string, Fields> }
  }
)._runtimeDataModel
const AGGREGATES = AGGREGATE_FIXTURES.map(({ aggregate }) => aggregate as unknown as Aggregate)

const modelNameOf = (client: string) => `${client.slice(0, 1).toUpperCase()}${client.slice(1)}`

/** The models that a view shows rows of, at any depth. */
function modelsShown(model: string, view: View): string[] {
  return Object.entries(view).flatMap(([name, part]) => {
    const field = models[model]?.fields.find((one) => one.name === name)
    if (field?.kind !== 'object' || part === undefined || part === false) return []
    const { include, select } = (part === true ? {} : part) as { include?: View; select?: View }
    return [field.type, ...modelsShown(field.type, include ?? select ?? {})]
  })
}

describe('[AGG21] what a view shows of another aggregate, its resource embeds', () => {
  it.each(AGGREGATES.map((aggregate) => [aggregate.subject, aggregate] as const))('%s', (subject, { model, view }) => {
    const shown = new Set(modelsShown(modelNameOf(model), view as View))
    const others = AGGREGATES.filter((other) => other.subject !== subject && shown.has(modelNameOf(other.model)))
    const { embeds } = RESOURCES[subjectOf(subject).resource]
    expect(embeds).toEqual(expect.arrayContaining(others.map((other) => subjectOf(other.subject).resource)))
  })

  it('and some do', () => {
    expect(modelsShown('Appointment', { patient: { select: { id: true, waitlist: true } } })).toEqual([
      'Patient',
      'WaitlistEntry',
    ])
  })
})
