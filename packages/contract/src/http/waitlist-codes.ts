import { z } from 'zod'

export const WaitlistStatus = z.enum(['waiting', 'offered', 'booked', 'removed'])
export type WaitlistStatus = z.infer<typeof WaitlistStatus>
