import { TOPIC_SCOPE, type ScopeKind, type Topic } from './channel.ts'
import type { Resource } from './resources.ts'

/**
 * What events are about. `resource`: what a client has it cached as. `path`: where the API shows one, below `/api/v1`, with `/:id` after it.
 * `topic`: what its events travel in, unless an event says otherwise.
 */
export type Subject = { resource: Resource; path: `/${string}`; topic: Topic }

/** Every subject, declared once: hydration, what glows, the API's routes and the tests' ids follow from it. */
export const SUBJECTS = {
  appointment: { resource: 'appointments', path: '/appointments', topic: 'scheduling' },
  waitlist_entry: { resource: 'waitlist', path: '/waitlist', topic: 'scheduling' },
  recall: { resource: 'recalls', path: '/recalls', topic: 'scheduling' },
  patient: { resource: 'patients', path: '/patients', topic: 'patients' },
  coverage: { resource: 'coverages', path: '/coverages', topic: 'patients' },
  allergy: { resource: 'allergies', path: '/allergies', topic: 'safety' },
  document: { resource: 'documents', path: '/documents', topic: 'patients' },
  account: { resource: 'accounts', path: '/accounts', topic: 'accounts' },
} as const satisfies Record<string, Subject>

export type SubjectType = keyof typeof SUBJECTS

export function isSubjectType(type: string): type is SubjectType {
  return Object.hasOwn(SUBJECTS, type)
}

/** The subject without its own types, for code that treats all alike. */
export function subjectOf(type: SubjectType): Subject & { scope: ScopeKind } {
  const subject: Subject = SUBJECTS[type]
  return { ...subject, scope: TOPIC_SCOPE[subject.topic] }
}
