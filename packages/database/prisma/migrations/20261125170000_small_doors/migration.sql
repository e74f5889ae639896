-- Nodes ask whether a token's session exists. Of a session they see whose it is and whether it has ended, and no refresh secret.
GRANT SELECT (id, tenant_id, user_id, ended_at, expires_at) ON sessions TO derm_realtime;
CREATE POLICY access ON sessions FOR SELECT TO derm_realtime USING (ended_at IS NULL);

-- Nobody has called it since refresh cookies name their session.
DROP FUNCTION find_session(text);
DROP POLICY login ON sessions;
