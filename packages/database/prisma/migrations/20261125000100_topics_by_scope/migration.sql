-- The topics of each kind of scope, once: TOPIC_SCOPE of the contract, and a test that compares the two. A new topic replaces this
-- function in a migration of its own and calls begin_missing_channels().
CREATE FUNCTION topics_of(scope_kind text) RETURNS text[]
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE scope_kind
    WHEN 'tenant' THEN ARRAY['patients', 'accounts', 'safety', 'billing', 'authorizations']
    WHEN 'location' THEN ARRAY['scheduling', 'clinical', 'pathology', 'prescriptions', 'tasks']
    WHEN 'user' THEN ARRAY['inbox', 'alerts']
  END
$$;

CREATE OR REPLACE FUNCTION begin_own_channels() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  CASE TG_TABLE_NAME
    WHEN 'tenants' THEN
      PERFORM public.begin_channels(NEW.id, 't', public.topics_of('tenant'));
    WHEN 'locations' THEN
      PERFORM public.begin_channels(NEW.tenant_id, 'l:' || NEW.id::text, public.topics_of('location'));
    WHEN 'users' THEN
      PERFORM public.begin_channels(NEW.tenant_id, 'u:' || NEW.id::text, public.topics_of('user'));
  END CASE;
  RETURN NULL;
END $$;

-- For migrations: gives every tenant, location and user that is there the channels that it lacks. The wall is open to the owner for the
-- rest of the transaction that calls it, and to nobody else: the tables are locked.
CREATE FUNCTION begin_missing_channels() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  ALTER TABLE public.tenants NO FORCE ROW LEVEL SECURITY;
  ALTER TABLE public.locations NO FORCE ROW LEVEL SECURITY;
  ALTER TABLE public.users NO FORCE ROW LEVEL SECURITY;
  PERFORM public.begin_channels(id, 't', public.topics_of('tenant')) FROM public.tenants;
  PERFORM public.begin_channels(tenant_id, 'l:' || id::text, public.topics_of('location')) FROM public.locations;
  PERFORM public.begin_channels(tenant_id, 'u:' || id::text, public.topics_of('user')) FROM public.users;
  ALTER TABLE public.tenants FORCE ROW LEVEL SECURITY;
  ALTER TABLE public.locations FORCE ROW LEVEL SECURITY;
  ALTER TABLE public.users FORCE ROW LEVEL SECURITY;
END $$;

REVOKE ALL ON FUNCTION topics_of(text), begin_missing_channels() FROM PUBLIC;

SELECT begin_missing_channels();
