-- Jobs find what is due in all tenants, as derm_jobs; what they do, they do as derm_api in the tenant's name.
CREATE TABLE "job_failures" (
    "job" TEXT NOT NULL,
    "tenant_id" UUID NOT NULL,
    "subject_id" UUID NOT NULL,
    "failures" INTEGER NOT NULL,
    "retry_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "job_failures_pkey" PRIMARY KEY ("job","tenant_id","subject_id")
);
ALTER TABLE job_failures ENABLE ROW LEVEL SECURITY;
ALTER TABLE job_failures FORCE ROW LEVEL SECURITY;
CREATE POLICY jobs ON job_failures TO derm_jobs USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON job_failures TO derm_jobs;
GRANT USAGE ON SCHEMA public TO derm_jobs;
GRANT EXECUTE ON FUNCTION current_tenant() TO derm_jobs;

-- An offer stands for a day, or until its slot begins. Offers that were made before this begin to count now.
ALTER TABLE "waitlist_entries" ADD COLUMN "offer_expires_at" TIMESTAMPTZ(3);
ALTER TABLE waitlist_entries NO FORCE ROW LEVEL SECURITY;
UPDATE waitlist_entries SET offer_expires_at = least(now() + interval '1 day', offer_starts_at) WHERE status = 'offered';
ALTER TABLE waitlist_entries FORCE ROW LEVEL SECURITY;

-- Of the waitlist derm_jobs sees which offers have run out, and nothing of whom they were made to.
CREATE INDEX waitlist_entries_offer_expires ON waitlist_entries (offer_expires_at) WHERE status = 'offered';
CREATE POLICY jobs ON waitlist_entries FOR SELECT TO derm_jobs USING (status = 'offered');
GRANT SELECT (tenant_id, id, status, offer_expires_at) ON waitlist_entries TO derm_jobs;
