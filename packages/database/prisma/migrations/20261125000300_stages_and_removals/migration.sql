-- Where a roomed patient's visit stands, and why an entry left the waitlist without an appointment.
CREATE TYPE "visit_stage" AS ENUM ('ready_for_provider', 'with_provider', 'procedure', 'ready_for_checkout');
CREATE TYPE "waitlist_removal_code" AS ENUM ('patient_request', 'unreachable', 'seen_elsewhere', 'duplicate', 'other');

ALTER TABLE "appointments" ADD COLUMN "stage" "visit_stage",
  ADD CONSTRAINT appointments_stage CHECK (stage IS NULL OR status IN ('roomed', 'completed'));
ALTER TABLE "waitlist_entries" ADD COLUMN "removal_code" "waitlist_removal_code",
  ADD CONSTRAINT waitlist_entries_removal CHECK ((status = 'removed') = (removal_code IS NOT NULL));
