-- A file that came with a message, or that waits to be sent with one. Its bytes stand apart, so that lists never read
-- them. `name` is random: the only name the file has outside; `file_name` is what its sender called it.
CREATE TABLE attachments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    message_id INTEGER REFERENCES messages (id),
    conversation_id INTEGER REFERENCES conversations (id),
    agent_id INTEGER REFERENCES agents (id),
    profile_id INTEGER REFERENCES profiles (id),
    file_name TEXT NOT NULL,
    kind TEXT NOT NULL,
    size INTEGER NOT NULL,
    width INTEGER,
    height INTEGER,
    created_at INTEGER NOT NULL,
    CHECK ((agent_id IS NULL) <> (profile_id IS NULL)),
    CHECK ((width IS NULL) = (height IS NULL))
) STRICT;
CREATE INDEX attachments_of ON attachments (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX attachments_unsent ON attachments (created_at) WHERE message_id IS NULL;
CREATE INDEX attachments_of_draft ON attachments (agent_id, conversation_id) WHERE message_id IS NULL;

CREATE TABLE attachment_bytes (
    attachment_id INTEGER PRIMARY KEY REFERENCES attachments (id),
    bytes BLOB NOT NULL
) STRICT;
