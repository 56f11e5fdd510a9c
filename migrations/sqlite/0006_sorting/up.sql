-- What the check of a conversation's first message found. The score is in ten-thousandths; the reasons stand one to a
-- line.
CREATE TABLE spam_checks (
    conversation_id INTEGER PRIMARY KEY REFERENCES conversations (id),
    verdict TEXT NOT NULL CHECK (verdict IN ('valid', 'suspicious', 'spam', 'blocked', 'unchecked')),
    score INTEGER,
    reasons TEXT NOT NULL
) STRICT;

ALTER TABLE profiles ADD COLUMN blocked_at INTEGER;
ALTER TABLE profiles ADD COLUMN blocked_by_id INTEGER REFERENCES agents (id);
CREATE INDEX profiles_blocked ON profiles (id) WHERE blocked;

-- In how many texts of a channel a word stood. The word '' counts the texts themselves.
CREATE TABLE spam_words (
    channel_id INTEGER NOT NULL REFERENCES channels (id),
    word TEXT NOT NULL,
    spam INTEGER NOT NULL,
    genuine INTEGER NOT NULL,
    PRIMARY KEY (channel_id, word)
) STRICT, WITHOUT ROWID;

-- What was learned from a conversation, word for word, so that it can be unlearned when the judgement is reversed.
CREATE TABLE spam_lessons (
    conversation_id INTEGER PRIMARY KEY REFERENCES conversations (id),
    channel_id INTEGER NOT NULL REFERENCES channels (id),
    spam INTEGER NOT NULL,
    words TEXT NOT NULL,
    learned_at INTEGER NOT NULL
) STRICT;

-- Keywords stand one to a line.
CREATE TABLE rules (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    position INTEGER NOT NULL,
    keywords TEXT NOT NULL,
    agent_id INTEGER REFERENCES agents (id),
    queue_id INTEGER REFERENCES queues (id),
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    CHECK ((agent_id IS NULL) <> (queue_id IS NULL))
) STRICT;
CREATE INDEX rules_in_order ON rules (position, id);
