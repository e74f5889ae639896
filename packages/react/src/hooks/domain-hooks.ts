import { createDomainHook } from './create-domain-hook.ts'

/** The events of a location's schedule and waitlist. */
export const useAppointmentUpdates = createDomainHook('scheduling')
/** Changes of patients’ records, of the whole tenant. */
export const usePatientUpdates = createDomainHook('patients')
