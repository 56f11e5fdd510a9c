-- The second step of signing in. The secret that phone and house share is sealed with the key of the house; it counts once
-- a code was typed that it made. last_step is the last half minute whose code was used: no code works twice.
CREATE TABLE second_factors (
    agent_id BIGINT PRIMARY KEY REFERENCES agents (id),
    sealed TEXT NOT NULL,
    confirmed_at TIMESTAMPTZ,
    last_step BIGINT NOT NULL DEFAULT 0
);
-- Spare codes for whoever has lost the phone, as hashes; each is gone when it was used.
CREATE TABLE spare_codes (
    code_hash TEXT PRIMARY KEY,
    agent_id BIGINT NOT NULL REFERENCES agents (id)
);
CREATE INDEX spare_codes_of ON spare_codes (agent_id);
