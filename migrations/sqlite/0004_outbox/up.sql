-- What leaves the house. A row is frozen in the transaction of its reply: to whom, what, under which key; only its state
-- changes. `due_at` is when it is tried next, null while nothing is to be done by itself.
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id INTEGER NOT NULL UNIQUE REFERENCES messages (id),
    conversation_id INTEGER NOT NULL REFERENCES conversations (id),
    channel_id INTEGER NOT NULL REFERENCES channels (id),
    recipient TEXT NOT NULL,
    body TEXT NOT NULL,
    attachments TEXT NOT NULL DEFAULT '[]',
    submit_key TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN
        ('queued', 'sending', 'accepted', 'delivered', 'failed', 'unknown', 'withdrawn')),
    not_before INTEGER NOT NULL,
    due_at INTEGER,
    attempts INTEGER NOT NULL,
    claimed_by TEXT,
    claimed_at INTEGER,
    provider_id TEXT,
    error TEXT,
    created_at INTEGER NOT NULL,
    CHECK ((state = 'queued') = (due_at IS NOT NULL)),
    CHECK ((state = 'sending') = (claimed_at IS NOT NULL))
) STRICT;
CREATE INDEX outbox_due ON outbox (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX outbox_open ON outbox (id) WHERE state IN ('queued', 'sending', 'failed', 'unknown');
CREATE INDEX outbox_of ON outbox (conversation_id, id);
CREATE UNIQUE INDEX outbox_at_the_provider ON outbox (channel_id, provider_id);

-- Who said STOP, and has not said START since.
CREATE TABLE opt_outs (
    profile_id INTEGER PRIMARY KEY REFERENCES profiles (id),
    at INTEGER NOT NULL
) STRICT;
