-- The patient's record: insurance, allergies, documents, an account with its ledger, flags, merged records. And indexes for reading the audit log.
CREATE TYPE "account_entry_code" AS ENUM ('charge', 'copay', 'payment', 'adjustment', 'refund', 'transfer');
CREATE TYPE "allergy_severity" AS ENUM ('mild', 'moderate', 'severe');
CREATE TYPE "allergy_status" AS ENUM ('active', 'entered_in_error');
CREATE TYPE "coverage_rank" AS ENUM ('primary', 'secondary', 'tertiary');
CREATE TYPE "eligibility_status" AS ENUM ('unknown', 'requested', 'active', 'inactive', 'not_found', 'payer_down');
CREATE TYPE "document_kind" AS ENUM ('consent', 'referral', 'insurance_card', 'id_card', 'lab_report', 'letter', 'other');
CREATE TYPE "document_status" AS ENUM ('active', 'entered_in_error');
CREATE TYPE "patient_status" AS ENUM ('active', 'merged');

DROP INDEX "audit_log_tenant_id_subject_id_at_idx";
ALTER TABLE "patients" ADD COLUMN     "flags" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "merged_into_id" UUID,
ADD COLUMN     "status" "patient_status" NOT NULL DEFAULT 'active';

CREATE TABLE "accounts" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "patient_id" UUID NOT NULL,
    "balance_cents" INTEGER NOT NULL DEFAULT 0,
    "currency" TEXT NOT NULL DEFAULT 'USD',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "accounts_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "account_entries" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "account_id" UUID NOT NULL,
    "amount_cents" INTEGER NOT NULL,
    "code" "account_entry_code" NOT NULL,
    "actor_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "account_entries_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "allergies" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "patient_id" UUID NOT NULL,
    "substance" TEXT NOT NULL,
    "reaction" TEXT,
    "severity" "allergy_severity" NOT NULL,
    "status" "allergy_status" NOT NULL DEFAULT 'active',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "allergies_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "coverages" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "patient_id" UUID NOT NULL,
    "payer_name" TEXT NOT NULL,
    "member_id" TEXT NOT NULL,
    "plan_name" TEXT,
    "rank" "coverage_rank" NOT NULL,
    "effective_from" DATE NOT NULL,
    "effective_to" DATE,
    "status" "eligibility_status" NOT NULL DEFAULT 'unknown',
    "checked_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "coverages_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "patient_documents" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "patient_id" UUID NOT NULL,
    "kind" "document_kind" NOT NULL,
    "title" TEXT NOT NULL,
    "received_on" DATE NOT NULL,
    "pages" INTEGER NOT NULL,
    "status" "document_status" NOT NULL DEFAULT 'active',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "patient_documents_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "mrn_counters" (
    "tenant_id" UUID NOT NULL,
    "last" INTEGER NOT NULL,

    CONSTRAINT "mrn_counters_pkey" PRIMARY KEY ("tenant_id")
);
CREATE UNIQUE INDEX "accounts_tenant_id_id_key" ON "accounts"("tenant_id", "id");
CREATE UNIQUE INDEX "accounts_tenant_id_patient_id_key" ON "accounts"("tenant_id", "patient_id");
CREATE INDEX "account_entries_tenant_id_account_id_at_id_idx" ON "account_entries"("tenant_id", "account_id", "at", "id");
CREATE INDEX "allergies_tenant_id_patient_id_created_at_id_idx" ON "allergies"("tenant_id", "patient_id", "created_at", "id");
CREATE INDEX "coverages_tenant_id_patient_id_created_at_id_idx" ON "coverages"("tenant_id", "patient_id", "created_at", "id");
CREATE INDEX "patient_documents_tenant_id_patient_id_created_at_id_idx" ON "patient_documents"("tenant_id", "patient_id", "created_at", "id");
CREATE INDEX "audit_log_tenant_id_subject_id_at_id_idx" ON "audit_log"("tenant_id", "subject_id", "at", "id");
CREATE INDEX "audit_log_tenant_id_actor_id_at_id_idx" ON "audit_log"("tenant_id", "actor_id", "at", "id");
CREATE INDEX "waitlist_entries_tenant_id_patient_id_idx" ON "waitlist_entries"("tenant_id", "patient_id");
CREATE INDEX "patients_tenant_id_merged_into_id_idx" ON "patients"("tenant_id", "merged_into_id");
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_tenant_id_patient_id_fkey" FOREIGN KEY ("tenant_id", "patient_id") REFERENCES "patients"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "account_entries" ADD CONSTRAINT "account_entries_tenant_id_account_id_fkey" FOREIGN KEY ("tenant_id", "account_id") REFERENCES "accounts"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "account_entries" ADD CONSTRAINT "account_entries_tenant_id_actor_id_fkey" FOREIGN KEY ("tenant_id", "actor_id") REFERENCES "users"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "allergies" ADD CONSTRAINT "allergies_tenant_id_patient_id_fkey" FOREIGN KEY ("tenant_id", "patient_id") REFERENCES "patients"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "coverages" ADD CONSTRAINT "coverages_tenant_id_patient_id_fkey" FOREIGN KEY ("tenant_id", "patient_id") REFERENCES "patients"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "patient_documents" ADD CONSTRAINT "patient_documents_tenant_id_patient_id_fkey" FOREIGN KEY ("tenant_id", "patient_id") REFERENCES "patients"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "patients" ADD CONSTRAINT "patients_tenant_id_merged_into_id_fkey" FOREIGN KEY ("tenant_id", "merged_into_id") REFERENCES "patients"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "mrn_counters" ADD CONSTRAINT "mrn_counters_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
SELECT build_tenant_wall('accounts', 'SELECT, INSERT, UPDATE');
-- The ledger is only ever added to.
SELECT build_tenant_wall('account_entries', 'SELECT, INSERT');
SELECT build_tenant_wall('allergies', 'SELECT, INSERT, UPDATE');
SELECT build_tenant_wall('coverages', 'SELECT, INSERT, UPDATE');
SELECT build_tenant_wall('patient_documents', 'SELECT, INSERT, UPDATE');
SELECT build_tenant_wall('mrn_counters', 'SELECT, INSERT, UPDATE');

ALTER TABLE patients
  ADD CONSTRAINT patients_merged CHECK ((status = 'merged') = (merged_into_id IS NOT NULL) AND merged_into_id <> id),
  ADD CONSTRAINT patients_flags CHECK (
    flags <@ ARRAY['interpreter_needed', 'wheelchair', 'fall_risk', 'latex', 'do_not_contact', 'deceased']
  );
-- One primary insurance at a time. Both days are covered.
ALTER TABLE coverages
  ADD CONSTRAINT coverages_order CHECK (effective_to >= effective_from),
  ADD CONSTRAINT coverages_one_primary EXCLUDE USING gist (
    patient_id WITH =, daterange(effective_from, effective_to, '[]') WITH &&
  ) WHERE (rank = 'primary');
ALTER TABLE patient_documents ADD CONSTRAINT patient_documents_pages CHECK (pages > 0);
ALTER TABLE accounts ADD CONSTRAINT accounts_currency CHECK (currency ~ '^[A-Z]{3}$');
ALTER TABLE account_entries ADD CONSTRAINT account_entries_amount CHECK (amount_cents <> 0);

-- The practice's next record number. The counter's row is locked until the commit, so that no two patients get the same one.
CREATE FUNCTION next_mrn() RETURNS text
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  number int;
BEGIN
  LOOP
    INSERT INTO public.mrn_counters AS counter (tenant_id, last) VALUES (public.current_tenant(), 100001)
    ON CONFLICT (tenant_id) DO UPDATE SET last = counter.last + 1 RETURNING counter.last INTO number;
    -- A practice may have brought this number from elsewhere.
    EXIT WHEN NOT EXISTS (
      SELECT FROM public.patients WHERE tenant_id = public.current_tenant() AND mrn = 'P' || number
    );
  END LOOP;
  RETURN 'P' || number;
END $$;
REVOKE ALL ON FUNCTION next_mrn() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION next_mrn() TO derm_api;
ALTER TABLE patients ALTER COLUMN mrn SET DEFAULT next_mrn();
