import { z } from 'zod'
import { Id } from '../ids.ts'
import { listOf } from '../request-shapes.ts'

const Room = z.object({ id: Id, name: z.string() })
const ClockTime = z.string().regex(/^\d\d:\d\d$/)

export const Location = z.object({
  id: Id,
  name: z.string(),
  /** IANA name, such as `America/Chicago`. */
  timeZone: z.string(),
  opensAt: ClockTime,
  closesAt: ClockTime,
  rooms: z.array(Room),
})
export type Location = z.infer<typeof Location>
export const LocationList = listOf(Location)
export type LocationList = z.infer<typeof LocationList>
