-- Moments are microseconds since 1970, UTC. Ids are never reused.

CREATE TABLE settings (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE agents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('agent', 'desk', 'manager', 'admin')),
    password_hash TEXT,
    presence TEXT NOT NULL CHECK (presence IN ('available', 'away', 'offline')),
    presence_since INTEGER NOT NULL,
    theme TEXT NOT NULL DEFAULT 'system',
    disabled_at INTEGER,
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TABLE sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    token_hash TEXT NOT NULL UNIQUE,
    agent_id INTEGER NOT NULL REFERENCES agents (id),
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    address TEXT NOT NULL,
    browser TEXT NOT NULL
) STRICT;
CREATE INDEX sessions_of ON sessions (agent_id);

CREATE TABLE one_time_links (
    token_hash TEXT PRIMARY KEY,
    purpose TEXT NOT NULL,
    agent_id INTEGER REFERENCES agents (id),
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT;

CREATE TABLE organizations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    existing INTEGER NOT NULL,
    default_owner_id INTEGER REFERENCES agents (id),
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TABLE organization_domains (
    domain TEXT PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations (id)
) STRICT;

CREATE TABLE contacts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    organization_id INTEGER REFERENCES organizations (id),
    vip INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX contacts_by_name ON contacts (name, id);

CREATE TABLE contact_identifiers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    contact_id INTEGER NOT NULL REFERENCES contacts (id),
    kind TEXT NOT NULL CHECK (kind IN ('email', 'phone')),
    value TEXT NOT NULL,
    UNIQUE (contact_id, kind, value)
) STRICT;
CREATE INDEX contact_identifiers_by_value ON contact_identifiers (kind, value, contact_id);

CREATE TABLE queues (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    restricted INTEGER NOT NULL,
    types TEXT NOT NULL,
    target_seconds INTEGER,
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TABLE queue_members (
    queue_id INTEGER NOT NULL REFERENCES queues (id),
    agent_id INTEGER NOT NULL REFERENCES agents (id),
    PRIMARY KEY (queue_id, agent_id)
) STRICT;
CREATE INDEX queue_members_of ON queue_members (agent_id, queue_id);

CREATE TABLE channels (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('sms', 'widget', 'api')),
    contact_type TEXT NOT NULL CHECK (contact_type IN ('chat', 'messaging')),
    queue_id INTEGER NOT NULL REFERENCES queues (id),
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TABLE api_tokens (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    token_hash TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('agent', 'channel', 'kiosk', 'telephony')),
    agent_id INTEGER REFERENCES agents (id),
    channel_id INTEGER REFERENCES channels (id),
    scope TEXT,
    created_at INTEGER NOT NULL,
    CHECK ((kind = 'agent') = (agent_id IS NOT NULL AND channel_id IS NULL)),
    CHECK ((kind = 'channel') = (channel_id IS NOT NULL))
) STRICT;

CREATE TABLE idempotency_keys (
    owner TEXT NOT NULL,
    path TEXT NOT NULL,
    key TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    status INTEGER NOT NULL,
    answer TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (owner, path, key)
) STRICT;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

CREATE TABLE profiles (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    channel_id INTEGER NOT NULL REFERENCES channels (id),
    identifier TEXT NOT NULL,
    contact_id INTEGER REFERENCES contacts (id),
    ambiguous INTEGER NOT NULL,
    blocked INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (channel_id, identifier)
) STRICT;
CREATE INDEX profiles_of ON profiles (contact_id);

-- assignee_id and queue_id are copied from the current interaction by the one function that saves a change; turn,
-- order_rank and order_at are what lists read: 0 ours, 1 theirs, 2 suspended, 3 resolved, 4 archived.
CREATE TABLE conversations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL,
    title TEXT NOT NULL,
    stage TEXT NOT NULL CHECK (stage IN
        ('new', 'suspended', 'waiting_on_user', 'needs_response', 'hold', 'resolved', 'archived')),
    stage_since INTEGER NOT NULL,
    turn INTEGER NOT NULL,
    order_rank INTEGER NOT NULL,
    order_at INTEGER NOT NULL,
    due_at INTEGER,
    channel_id INTEGER NOT NULL REFERENCES channels (id),
    profile_id INTEGER REFERENCES profiles (id),
    contact_id INTEGER REFERENCES contacts (id),
    organization_id INTEGER REFERENCES organizations (id),
    started_by TEXT NOT NULL CHECK (started_by IN ('customer', 'agent', 'system')),
    created_at INTEGER NOT NULL,
    rank INTEGER NOT NULL CHECK (rank IN (0, 1, 2)),
    reopen_count INTEGER NOT NULL,
    follow_up_of INTEGER REFERENCES conversations (id),
    merged_into INTEGER REFERENCES conversations (id),
    unanswered_since INTEGER,
    last_message_id INTEGER,
    last_message_at INTEGER NOT NULL,
    last_customer_message_id INTEGER,
    last_customer_at INTEGER,
    last_agent_at INTEGER,
    reminded_at INTEGER,
    preview TEXT NOT NULL,
    missed INTEGER NOT NULL,
    interaction_id INTEGER,
    assignee_id INTEGER REFERENCES agents (id),
    queue_id INTEGER REFERENCES queues (id)
) STRICT;
CREATE INDEX conversations_mine ON conversations (assignee_id, turn, order_rank, order_at, id);
CREATE INDEX conversations_queue ON conversations (queue_id, turn, order_rank, order_at, id);
CREATE INDEX conversations_turn ON conversations (turn, order_rank, order_at, id);
CREATE INDEX conversations_stage ON conversations (stage, order_rank, order_at, id);
CREATE INDEX conversations_counts ON conversations (turn, queue_id, stage, assignee_id);
CREATE INDEX conversations_profile ON conversations (profile_id, id);
CREATE INDEX conversations_contact ON conversations (contact_id, id);
CREATE INDEX conversations_organization ON conversations (organization_id, turn, id);
CREATE INDEX conversations_due ON conversations (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX conversations_merged ON conversations (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX conversations_missed ON conversations (order_at, id) WHERE missed;

CREATE TABLE interactions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL,
    conversation_id INTEGER REFERENCES conversations (id),
    kind TEXT NOT NULL CHECK (kind IN ('chat', 'phone', 'walk-up', 'messaging')),
    direction TEXT NOT NULL CHECK (direction IN ('inbound', 'outbound')),
    state TEXT NOT NULL CHECK (state IN
        ('new', 'work_in_progress', 'on_hold', 'closed_complete', 'closed_abandoned')),
    state_reason TEXT CHECK (state_reason IS NULL OR
        (kind = 'messaging' AND state_reason IN ('waiting_on_customer', 'waiting_internal'))),
    state_since INTEGER NOT NULL,
    opened_for_id INTEGER REFERENCES contacts (id),
    guest_name TEXT,
    profile_id INTEGER REFERENCES profiles (id),
    queue_id INTEGER REFERENCES queues (id),
    assignee_id INTEGER REFERENCES agents (id),
    preferred_id INTEGER REFERENCES agents (id),
    accepted_at INTEGER,
    opened_at INTEGER NOT NULL,
    first_response_at INTEGER,
    closed_at INTEGER,
    close_code TEXT,
    short_description TEXT NOT NULL,
    short_description_auto INTEGER NOT NULL,
    routed_by TEXT NOT NULL,
    worked_micros INTEGER NOT NULL,
    working_since INTEGER,
    CHECK (accepted_at IS NULL OR assignee_id IS NOT NULL),
    CHECK (closed_at IS NULL OR (trim(short_description) <> '' AND close_code IS NOT NULL)),
    CHECK (length(short_description) <= 160),
    CHECK ((closed_at IS NULL) = (state NOT IN ('closed_complete', 'closed_abandoned')))
) STRICT;
CREATE UNIQUE INDEX one_open_interaction ON interactions (conversation_id) WHERE closed_at IS NULL;
CREATE INDEX interactions_of ON interactions (conversation_id, id);
CREATE INDEX interactions_opened_for ON interactions (opened_for_id, id);
CREATE INDEX interactions_profile ON interactions (profile_id, id);
CREATE INDEX interactions_open_of ON interactions (assignee_id, state, id) WHERE closed_at IS NULL;
CREATE INDEX interactions_state ON interactions (state, id);
CREATE INDEX interactions_queue ON interactions (queue_id, state, id);

CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation_id INTEGER REFERENCES conversations (id),
    interaction_id INTEGER REFERENCES interactions (id),
    kind TEXT NOT NULL CHECK (kind IN ('customer', 'reply', 'note', 'external_response', 'event')),
    class TEXT NOT NULL,
    agent_id INTEGER REFERENCES agents (id),
    profile_id INTEGER REFERENCES profiles (id),
    body TEXT NOT NULL,
    at INTEGER NOT NULL,
    sent_at INTEGER,
    channel_id INTEGER REFERENCES channels (id),
    channel_key TEXT,
    delivery TEXT,
    delivery_error TEXT
) STRICT;
CREATE INDEX messages_of ON messages (conversation_id, id);
CREATE INDEX messages_in ON messages (interaction_id, id);
CREATE UNIQUE INDEX stored_once ON messages (channel_id, channel_key);

CREATE TABLE facts (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    actor TEXT NOT NULL CHECK (actor IN ('customer', 'agent', 'system')),
    actor_id INTEGER,
    conversation_id INTEGER REFERENCES conversations (id),
    interaction_id INTEGER REFERENCES interactions (id),
    agent_id INTEGER REFERENCES agents (id),
    from_value TEXT,
    to_value TEXT,
    data TEXT NOT NULL
) STRICT;
CREATE INDEX facts_of_conversation ON facts (conversation_id, seq);
CREATE INDEX facts_of_interaction ON facts (interaction_id, seq);
CREATE INDEX facts_of_agent ON facts (agent_id, seq) WHERE agent_id IS NOT NULL;

CREATE TABLE tags (
    conversation_id INTEGER NOT NULL REFERENCES conversations (id),
    name TEXT NOT NULL,
    value TEXT,
    PRIMARY KEY (conversation_id, name)
) STRICT;
CREATE INDEX tags_by_name ON tags (name, conversation_id);

CREATE TABLE dependencies (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation_id INTEGER NOT NULL REFERENCES conversations (id),
    kind TEXT NOT NULL CHECK (kind IN ('review', 'until')),
    reviewer_id INTEGER REFERENCES agents (id),
    role_label TEXT,
    until INTEGER,
    state TEXT NOT NULL CHECK (state IN ('open', 'completed', 'cancelled', 'unlinked')),
    added_at INTEGER NOT NULL,
    closed_at INTEGER,
    CHECK ((kind = 'review') = (reviewer_id IS NOT NULL)),
    CHECK ((kind = 'until') = (until IS NOT NULL))
) STRICT;
CREATE INDEX dependencies_of ON dependencies (conversation_id, id);
CREATE INDEX reviews_of ON dependencies (reviewer_id, state, id);

CREATE TABLE drafts (
    agent_id INTEGER NOT NULL REFERENCES agents (id),
    conversation_id INTEGER NOT NULL REFERENCES conversations (id),
    kind TEXT NOT NULL CHECK (kind IN ('reply', 'note')),
    body TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (agent_id, conversation_id, kind)
) STRICT;

CREATE TABLE resolutions (
    name TEXT PRIMARY KEY,
    position INTEGER NOT NULL
) STRICT;
INSERT INTO resolutions (name, position) VALUES ('Answered', 1), ('Fixed', 2), ('Duplicate', 3), ('Merged', 4),
    ('No response', 5), ('Abandoned', 6), ('Moved to task', 7), ('Won''t do', 8), ('Ended by customer', 9), ('Spam', 10);
