-- A merge asks for the recalls of one patient.
CREATE INDEX "recalls_tenant_id_patient_id_idx" ON "recalls"("tenant_id", "patient_id");

-- A search for due recalls asks every location for its clock: one unknown zone would fail it, in all practices at once.
ALTER TABLE locations
  ADD CONSTRAINT locations_time_zone CHECK ((timestamptz '2000-01-01 00:00:00Z' AT TIME ZONE time_zone) IS NOT NULL);
