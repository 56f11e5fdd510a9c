-- Somebody at the chat widget who has not said who they are. They are known by a secret, kept as its hash. here_at is set
-- while they are there and shortly after: what they leave unanswered is over when they stay away.
CREATE TABLE visitors (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    channel_id INTEGER NOT NULL REFERENCES channels (id),
    secret_hash TEXT NOT NULL,
    identifier TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    here_at INTEGER,
    UNIQUE (channel_id, secret_hash),
    UNIQUE (channel_id, identifier)
) STRICT;
CREATE INDEX visitors_here ON visitors (here_at) WHERE here_at IS NOT NULL;
