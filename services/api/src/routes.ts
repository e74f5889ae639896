import { accountRoutes } from './accounts/routes.ts'
import { adminRoutes } from './admin/routes.ts'
import { allergyRoutes } from './allergies/routes.ts'
import { appointmentRoutes } from './appointments/routes.ts'
import { auditLogRoutes } from './audit-log/routes.ts'
import { authRoutes } from './auth/routes.ts'
import { coverageRoutes } from './coverages/routes.ts'
import { documentRoutes } from './documents/routes.ts'
import { eventRoutes } from './events/routes.ts'
import type { Route } from './http/route.ts'
import { locationRoutes } from './locations/routes.ts'
import { patientRoutes } from './patients/routes.ts'
import { providerRoutes } from './providers/routes.ts'
import { recallRoutes } from './recalls/routes.ts'
import { waitlistRoutes } from './waitlist/routes.ts'

/** Every route below `/api/v1`: what is mounted, what OpenAPI lists, and what the tests of the tenants' wall go through. */
export const ROUTES: readonly Route[] = [
  ...authRoutes,
  ...locationRoutes,
  ...providerRoutes,
  ...patientRoutes,
  ...coverageRoutes,
  ...allergyRoutes,
  ...documentRoutes,
  ...accountRoutes,
  ...appointmentRoutes,
  ...waitlistRoutes,
  ...recallRoutes,
  ...auditLogRoutes,
  ...eventRoutes,
  ...adminRoutes,
]
