-- Who changed accounts, rights and set-up: written with each such change, and never changed itself.
CREATE TABLE security_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    agent_id INTEGER REFERENCES agents (id),
    action TEXT NOT NULL,
    object TEXT NOT NULL
) STRICT;
CREATE TRIGGER security_log_is_not_changed BEFORE UPDATE ON security_log
BEGIN SELECT RAISE(ABORT, 'the security log is not changed'); END;
CREATE TRIGGER security_log_is_not_deleted BEFORE DELETE ON security_log
BEGIN SELECT RAISE(ABORT, 'the security log is not changed'); END;
