import type { Job } from './jobs/define-job.ts'
import { removeOutlived } from './jobs/remove-outlived.ts'
import { comeDue } from './recalls/come-due.ts'
import { endOffers } from './waitlist/end-offers.ts'

/** Every job that the pods do when its time has come. */
export const JOBS: readonly Job[] = [endOffers, comeDue, removeOutlived]
