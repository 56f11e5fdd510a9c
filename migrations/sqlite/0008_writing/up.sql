-- When a message was last written anew, and when its text was removed for good.
ALTER TABLE messages ADD COLUMN edited_at INTEGER;
ALTER TABLE messages ADD COLUMN removed_at INTEGER;

-- Who changed a message, and the text it had until then. Where the text was removed there is none, here either.
CREATE TABLE message_changes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id INTEGER NOT NULL REFERENCES messages (id),
    agent_id INTEGER NOT NULL REFERENCES agents (id),
    body TEXT,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX message_changes_of ON message_changes (message_id, id);

-- The colleagues a note names.
CREATE TABLE mentions (
    message_id INTEGER NOT NULL REFERENCES messages (id),
    agent_id INTEGER NOT NULL REFERENCES agents (id),
    conversation_id INTEGER NOT NULL REFERENCES conversations (id),
    PRIMARY KEY (message_id, agent_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX mentions_of ON mentions (agent_id, conversation_id);
CREATE INDEX mentions_in ON mentions (conversation_id, agent_id);

-- `owner` is what a shortcut is unique in: everyone, queue:7 or own:7.
CREATE TABLE canned_responses (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    shortcut TEXT,
    body TEXT NOT NULL,
    owner TEXT NOT NULL,
    queue_id INTEGER REFERENCES queues (id),
    agent_id INTEGER REFERENCES agents (id),
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    UNIQUE (owner, shortcut),
    CHECK (queue_id IS NULL OR agent_id IS NULL)
) STRICT;

-- The tags that are offered; any other may still be written.
CREATE TABLE offered_tags (
    name TEXT PRIMARY KEY,
    position INTEGER NOT NULL
) STRICT;
