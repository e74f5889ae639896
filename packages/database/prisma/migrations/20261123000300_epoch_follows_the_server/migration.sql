-- Postgres itself may lose committed events: a failover to a replica that lagged, a restore. What it then writes has numbers that
-- clients have seen already. The log notices when it is ahead or holds another event at a number; when it lost the same events (a
-- disaster takes both), nobody would. So the epoch belongs to one server's one history, and ends when another takes over.

-- Which history this is: the cluster, its timeline (a promotion and a recovery to a point in time begin a new one) and the
-- database (a dump that is read into the same cluster). Null where the server does not tell: then an operator calls
-- start_event_epoch() after a loss.
CREATE FUNCTION event_server_identity() RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN (SELECT system_identifier FROM pg_control_system())
    || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8)
    || '/' || (SELECT d.oid FROM pg_database d WHERE d.datname = current_database());
EXCEPTION WHEN insufficient_privilege OR feature_not_supported OR undefined_function OR object_not_in_prerequisite_state THEN
  RETURN NULL;
END $$;

ALTER TABLE event_epoch ADD COLUMN server text;
UPDATE event_epoch SET server = event_server_identity();

-- Starts a new epoch for every channel when this is not the history that the epoch began in. Answers it, else null.
CREATE FUNCTION follow_event_server() RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  here text := public.event_server_identity();
  known text;
  fresh text;
BEGIN
  IF here IS NULL OR EXISTS (SELECT FROM public.event_epoch WHERE server = here) THEN
    RETURN NULL;
  END IF;
  -- Heads before epoch, as in start_event_epoch: pods that notice together must not wait for each other in a circle.
  LOCK TABLE public.channel_heads IN EXCLUSIVE MODE;
  SELECT server INTO known FROM public.event_epoch FOR UPDATE;
  IF known = here THEN
    RETURN NULL;
  END IF;
  IF known IS NOT NULL THEN
    fresh := public.start_event_epoch();
  END IF;
  UPDATE public.event_epoch SET server = here;
  RETURN fresh;
END $$;

REVOKE ALL ON FUNCTION event_server_identity(), follow_event_server() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION follow_event_server() TO derm_relay;
