-- An offer holds its slot for its patient until it is taken or has run out. Appointments and offers are in two tables, so no exclusion constraint
-- can compare them: whoever takes a provider's time holds that provider's lock until the commit, and looks at both tables then.
CREATE INDEX waitlist_entries_offered_slots ON waitlist_entries (offer_provider_id, offer_starts_at) WHERE status = 'offered';

CREATE FUNCTION refuse_offered_slot() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NEW.status IN ('cancelled', 'no_show') THEN RETURN NEW; END IF;
  IF TG_OP = 'UPDATE' THEN
    IF OLD.status NOT IN ('cancelled', 'no_show')
      AND (OLD.provider_id, OLD.starts_at, OLD.ends_at) = (NEW.provider_id, NEW.starts_at, NEW.ends_at) THEN RETURN NEW; END IF;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended(NEW.provider_id::text, 7105));
  IF EXISTS (
    SELECT FROM public.waitlist_entries AS offered
    WHERE offered.offer_provider_id = NEW.provider_id AND offered.status = 'offered' AND offered.tenant_id = NEW.tenant_id
      AND offered.patient_id <> NEW.patient_id
      AND coalesce(offered.offer_expires_at, offered.offer_starts_at) > now()
      AND offered.offer_starts_at < NEW.ends_at AND offered.offer_ends_at > NEW.starts_at
  ) THEN
    RAISE EXCEPTION 'the slot is offered to another patient' USING ERRCODE = 'exclusion_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER refuse_offered_slot BEFORE INSERT OR UPDATE OF provider_id, starts_at, ends_at, status ON appointments
  FOR EACH ROW EXECUTE FUNCTION refuse_offered_slot();

CREATE FUNCTION refuse_taken_offer() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- One that has run out holds nothing, and takes nothing.
  IF NEW.status <> 'offered' OR coalesce(NEW.offer_expires_at, NEW.offer_starts_at) <= now() THEN RETURN NEW; END IF;
  IF TG_OP = 'UPDATE' THEN
    IF OLD.status = 'offered' AND (OLD.offer_provider_id, OLD.offer_starts_at, OLD.offer_ends_at)
      = (NEW.offer_provider_id, NEW.offer_starts_at, NEW.offer_ends_at) THEN RETURN NEW; END IF;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended(NEW.offer_provider_id::text, 7105));
  IF EXISTS (
    SELECT FROM public.appointments AS taken
    WHERE taken.provider_id = NEW.offer_provider_id AND taken.tenant_id = NEW.tenant_id AND taken.status NOT IN ('cancelled', 'no_show')
      AND tstzrange(taken.starts_at, taken.ends_at) && tstzrange(NEW.offer_starts_at, NEW.offer_ends_at)
  ) OR EXISTS (
    SELECT FROM public.waitlist_entries AS offered
    WHERE offered.offer_provider_id = NEW.offer_provider_id AND offered.status = 'offered' AND offered.tenant_id = NEW.tenant_id
      AND offered.id <> NEW.id
      AND coalesce(offered.offer_expires_at, offered.offer_starts_at) > now()
      AND offered.offer_starts_at < NEW.offer_ends_at AND offered.offer_ends_at > NEW.offer_starts_at
  ) THEN
    RAISE EXCEPTION 'the slot is taken' USING ERRCODE = 'exclusion_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER refuse_taken_offer BEFORE INSERT OR UPDATE OF status, offer_provider_id, offer_starts_at, offer_ends_at ON waitlist_entries
  FOR EACH ROW EXECUTE FUNCTION refuse_taken_offer();

REVOKE ALL ON FUNCTION refuse_offered_slot(), refuse_taken_offer() FROM PUBLIC;
