-- The second step of signing in. The secret that phone and house share is sealed with the key of the house; it counts once
-- a code was typed that it made. last_step is the last half minute whose code was used: no code works twice.
CREATE TABLE second_factors (
    agent_id INTEGER PRIMARY KEY REFERENCES agents (id),
    sealed TEXT NOT NULL,
    confirmed_at INTEGER,
    last_step INTEGER NOT NULL DEFAULT 0
) STRICT;
-- Spare codes for whoever has lost the phone, as hashes; each is gone when it was used.
CREATE TABLE spare_codes (
    code_hash TEXT PRIMARY KEY,
    agent_id INTEGER NOT NULL REFERENCES agents (id)
) STRICT;
CREATE INDEX spare_codes_of ON spare_codes (agent_id);
