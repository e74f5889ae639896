-- ---------------------------------------------------------------------------------------------------------------
-- Attempts to sign in: delays that begin with other lengths, and counters that count without holding anybody up
-- ---------------------------------------------------------------------------------------------------------------

-- As take_attempt of before, which pods of the version before still call. `first_ms`: the first delay, doubled from then on. A counter that is not
-- `asked` counts this attempt and does not hold it up.
CREATE FUNCTION take_attempt(names bytea[], free int[], first_ms int[], cap_ms int[], keep_ms int[], asked boolean[], at timestamptz) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  holding bytea[] := ARRAY(SELECT rule.name FROM unnest(names, asked) AS rule (name, asked) WHERE rule.asked);
  wait int;
BEGIN
  -- Whoever must wait costs one read.
  SELECT ceil(extract(epoch FROM max(c.open_at) - at) * 1000) INTO wait
  FROM public.attempt_counters c WHERE c.name = ANY (holding) AND c.open_at > at;
  IF wait > 0 THEN
    RETURN wait;
  END IF;
  INSERT INTO public.attempt_counters (name, attempts, open_at, expires_at)
  SELECT n, 0, '-infinity', at FROM unnest(names) AS n ORDER BY n ON CONFLICT DO NOTHING;
  PERFORM FROM public.attempt_counters c WHERE c.name = ANY (names) ORDER BY c.name FOR UPDATE;
  SELECT ceil(extract(epoch FROM max(c.open_at) - at) * 1000) INTO wait
  FROM public.attempt_counters c WHERE c.name = ANY (holding) AND c.open_at > at;
  IF wait > 0 THEN
    RETURN wait;
  END IF;
  UPDATE public.attempt_counters c
  SET attempts = made.n,
    open_at = CASE WHEN made.n < rule.free THEN '-infinity'
      ELSE at + least(rule.cap_ms, rule.first_ms * 2 ^ least(made.n - rule.free, 20)) * interval '1 ms' END,
    expires_at = at + rule.keep_ms * interval '1 ms'
  FROM unnest(names, free, first_ms, cap_ms, keep_ms) AS rule (name, free, first_ms, cap_ms, keep_ms),
    LATERAL (SELECT CASE WHEN now.expires_at <= at THEN 1 ELSE now.attempts + 1 END AS n
      FROM public.attempt_counters now WHERE now.name = rule.name) AS made
  WHERE c.name = rule.name;
  -- What nobody has asked for since goes; a few at a time, so that no attempt pays for many.
  DELETE FROM public.attempt_counters WHERE name IN (
    SELECT c.name FROM public.attempt_counters c WHERE c.expires_at < at AND c.name <> ALL (names) LIMIT 20 FOR UPDATE SKIP LOCKED);
  RETURN 0;
END $$;
REVOKE ALL ON FUNCTION take_attempt(bytea[], int[], int[], int[], int[], boolean[], timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_attempt(bytea[], int[], int[], int[], int[], boolean[], timestamptz) TO derm_api;

-- ---------------------------------------------------------------------------------------------------------------
-- Refused sockets in the audit log
-- ---------------------------------------------------------------------------------------------------------------

-- Notes that sockets were refused: `[{ user, session, at, address, node, code }]`. The tenant is the user's own, an entry without a user is left
-- out, and a session that is not the user's is not named: a node can say nothing here but that a user who exists was refused.
CREATE FUNCTION record_refused_sockets(entries jsonb) RETURNS int
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH noted AS (
    INSERT INTO public.audit_log (tenant_id, at, actor_id, session_id, action, subject_type, subject_id, address, details)
    SELECT u.tenant_id, least(greatest(e.at, now() - interval '5 minutes'), now()), u.id, s.id, 'socket.refused', 'user', u.id,
      left(e.address, 64), jsonb_build_object('node', left(e.node, 64), 'code', left(e.code, 64))
    FROM jsonb_to_recordset(entries) AS e ("user" uuid, session uuid, at timestamptz, address text, node text, code text)
    JOIN public.users u ON u.id = e."user"
    LEFT JOIN public.sessions s ON s.id = e.session AND s.user_id = u.id
    RETURNING 1
  ) SELECT count(*)::int FROM noted
$$;
DROP POLICY sockets ON audit_log;
CREATE POLICY sockets ON audit_log FOR INSERT TO derm_owner WITH CHECK (action IN ('socket.connect', 'socket.refused'));
REVOKE ALL ON FUNCTION record_refused_sockets(jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION record_refused_sockets(jsonb) TO derm_realtime;
