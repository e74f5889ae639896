import { createDomainHook } from './create-domain-hook.ts'

/** The events of a location's schedule and waitlist. */
export const useAppointmentUpdates = createDomainHook({ topics: ['scheduling'] })
/** Changes of patients’ records, of what is dangerous for them, and of their accounts: of the whole tenant. */
export const usePatientUpdates = createDomainHook({ topics: ['patients', 'safety', 'accounts'] })
