import { z } from 'zod'
import { wireCode } from '../wire-code.ts'

/** How bad a reaction was. It says something about the person's health, so it is no wire code: no event can carry it. */
export const AllergySeverity = z.enum(['mild', 'moderate', 'severe'])
export type AllergySeverity = z.infer<typeof AllergySeverity>

/** An entry is never deleted: one that was wrong is marked. */
export const AllergyStatus = wireCode(['active', 'entered_in_error'])
export type AllergyStatus = (typeof AllergyStatus.options)[number]
