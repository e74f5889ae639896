-- CreateEnum
CREATE TYPE "recall_kind" AS ENUM ('annual_check', 'six_month_check', 'three_month_check', 'follow_up', 'post_procedure');

-- CreateEnum
CREATE TYPE "recall_status" AS ENUM ('planned', 'due', 'contacted', 'scheduled', 'completed', 'declined', 'unreachable');

-- CreateEnum
CREATE TYPE "contact_outcome" AS ENUM ('reached', 'left_message', 'no_answer');

-- CreateEnum
CREATE TYPE "recall_close_code" AS ENUM ('visit_completed', 'seen_elsewhere', 'patient_request', 'moved_away', 'no_answer', 'wrong_contact', 'other');

-- CreateTable
CREATE TABLE "recalls" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "location_id" UUID NOT NULL,
    "patient_id" UUID NOT NULL,
    "kind" "recall_kind" NOT NULL,
    "status" "recall_status" NOT NULL DEFAULT 'planned',
    "due_on" DATE NOT NULL,
    "note" TEXT,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "last_outcome" "contact_outcome",
    "appointment_id" UUID,
    "close_code" "recall_close_code",
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "recalls_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "recalls_tenant_id_location_id_due_on_id_idx" ON "recalls"("tenant_id", "location_id", "due_on", "id");

-- CreateIndex
CREATE INDEX "recalls_tenant_id_appointment_id_idx" ON "recalls"("tenant_id", "appointment_id");

-- AddForeignKey
ALTER TABLE "recalls" ADD CONSTRAINT "recalls_tenant_id_location_id_fkey" FOREIGN KEY ("tenant_id", "location_id") REFERENCES "locations"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "recalls" ADD CONSTRAINT "recalls_tenant_id_patient_id_fkey" FOREIGN KEY ("tenant_id", "patient_id") REFERENCES "patients"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "recalls" ADD CONSTRAINT "recalls_tenant_id_appointment_id_fkey" FOREIGN KEY ("tenant_id", "appointment_id") REFERENCES "appointments"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

SELECT build_tenant_wall('recalls', 'SELECT, INSERT, UPDATE');

ALTER TABLE recalls
  ADD CONSTRAINT recalls_closed CHECK ((status IN ('completed', 'declined', 'unreachable')) = (close_code IS NOT NULL)),
  ADD CONSTRAINT recalls_scheduled CHECK (status <> 'scheduled' OR appointment_id IS NOT NULL);

-- Of recalls derm_jobs sees which are planned for which day, and of locations the clock that they keep; nothing of whom.
CREATE INDEX recalls_planned ON recalls (due_on) WHERE status = 'planned';
CREATE POLICY jobs ON recalls FOR SELECT TO derm_jobs USING (status = 'planned');
GRANT SELECT (tenant_id, id, status, location_id, due_on) ON recalls TO derm_jobs;
CREATE POLICY jobs ON locations FOR SELECT TO derm_jobs USING (true);
GRANT SELECT (tenant_id, id, time_zone) ON locations TO derm_jobs;
