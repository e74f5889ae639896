import { z } from 'zod'
import {
  Appointment,
  AppointmentCreate,
  AppointmentList,
  AppointmentQuery,
  AppointmentUpdate,
  CancelRequest,
  EmptyRequest,
  Id,
  RescheduleRequest,
  RoomRequest,
  grantedChannels,
  locationChannel,
} from '@derm/contract'
import { requireLocation } from '../access/location-scope.ts'
import { defineChange } from '../http/change-route.ts'
import { defineRead } from '../http/read-route.ts'
import type { Route } from '../http/route.ts'
import type { Change } from '../transaction.ts'
import * as commands from './commands.ts'
import { getAppointment, listAppointments, locateAppointment } from './queries.ts'

const tag = 'appointments'
const params = z.strictObject({ id: Id })
const answer = { status: 200, schema: Appointment, description: 'The appointment, after the change.' } as const

const list = defineRead(
  {
    method: 'get',
    path: '/appointments',
    tag,
    summary: 'Appointments of a location that start in [from, to), by their start',
    query: AppointmentQuery,
    answer: { status: 200, schema: AppointmentList, description: 'A page of appointments.' },
    errors: ['forbidden', 'not_found'],
  },
  {
    feeds: ({ caller }, { query }) => {
      const locationId = requireLocation(caller, 'scheduling', query.locationId)
      return [locationChannel(caller.tenantId, locationId, 'scheduling'), ...grantedChannels(caller, 'patients')]
    },
    loadShared: (tx, { query }) => listAppointments(tx, query),
    audit: ({ items }, { query }) => ({
      action: 'appointment.list',
      subjectType: 'appointment',
      locationId: query.locationId,
      details: { count: items.length, from: query.from, to: query.to },
    }),
  },
)

const get = defineRead(
  {
    method: 'get',
    path: '/appointments/:id',
    tag,
    summary: 'One appointment',
    params,
    answer: { status: 200, schema: Appointment, description: 'The appointment.' },
    errors: ['forbidden', 'not_found'],
  },
  {
    feeds: async ({ tx, caller }, { params: { id } }) => {
      const locationId = await locateAppointment(tx, caller, id)
      return [locationChannel(caller.tenantId, locationId, 'scheduling'), ...grantedChannels(caller, 'patients')]
    },
    loadShared: (tx, { params: { id } }) => getAppointment(tx, id),
    versionOf: ({ version }) => version,
    audit: ({ id, locationId }) => ({
      action: 'appointment.read',
      subjectType: 'appointment',
      subjectId: id,
      locationId,
    }),
  },
)

const create = defineChange(
  {
    method: 'post',
    path: '/appointments',
    tag,
    summary: 'Book an appointment; with waitlistEntryId, for that entry of the waitlist',
    body: AppointmentCreate,
    answer: { status: 201, schema: Appointment, description: 'The new appointment.' },
    errors: ['forbidden', 'not_found', 'slot_taken', 'invalid_transition'],
  },
  async (change, { body }) => {
    const created = await commands.createAppointment(change, body)
    return { body: created, version: created.version, location: `/api/v1/appointments/${created.id}` }
  },
)

const update = defineChange(
  {
    method: 'patch',
    path: '/appointments/:id',
    tag,
    summary: 'Change the type or the note',
    params,
    body: AppointmentUpdate,
    isConditional: true,
    answer,
    errors: ['forbidden', 'not_found', 'conflict'],
  },
  async (change, { params: { id }, version, body }) =>
    toChanged(await commands.updateAppointment(change, id, version, body)),
)

/** `POST /appointments/:id/<name>`: all of the same form. */
function defineAction<Body extends z.ZodType>(
  name: string,
  summary: string,
  body: Body,
  run: (change: Change, id: string, version: number, body: z.infer<Body>) => Promise<Appointment>,
): Route {
  return defineChange(
    {
      method: 'post',
      path: `/appointments/:id/${name}`,
      tag,
      summary,
      params,
      body: body as z.ZodType<z.infer<Body>>,
      isConditional: true,
      answer,
      errors: ['forbidden', 'not_found', 'conflict', 'invalid_transition'],
    },
    async (change, { params: { id }, version, body }) => toChanged(await run(change, id, version, body)),
  )
}

const toChanged = (appointment: Appointment) => ({ body: appointment, version: appointment.version })

export const appointmentRoutes: readonly Route[] = [
  list,
  get,
  create,
  update,
  defineAction('confirm', 'The patient has confirmed', EmptyRequest, commands.confirmAppointment),
  defineAction('check-in', 'The patient is here', EmptyRequest, commands.checkInAppointment),
  defineAction(
    'room',
    'Bring the patient to a room, or to another one',
    RoomRequest,
    (change, id, version, { roomId }) => commands.roomAppointment(change, id, version, roomId),
  ),
  defineAction('complete', 'The visit is over', EmptyRequest, commands.completeAppointment),
  defineAction('cancel', 'Cancel it, with a reason code', CancelRequest, (change, id, version, { cancelCode }) =>
    commands.cancelAppointment(change, id, version, cancelCode),
  ),
  defineAction('no-show', 'The patient did not come', EmptyRequest, commands.markNoShow),
  defineAction('reschedule', 'Move it to another time or provider', RescheduleRequest, commands.rescheduleAppointment),
]
