-- said_by_id is set where somebody said who writes there, or that it is nobody on record: that is not guessed again.
-- version counts what was said.
ALTER TABLE profiles ADD COLUMN said_by_id INTEGER REFERENCES agents (id);
ALTER TABLE profiles ADD COLUMN said_at INTEGER;
ALTER TABLE profiles ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
CREATE INDEX profiles_by_identifier ON profiles (identifier, channel_id);

-- Who was merged is kept by name and leads to who is left.
ALTER TABLE contacts ADD COLUMN merged_into_id INTEGER REFERENCES contacts (id);
ALTER TABLE contacts ADD COLUMN merged_at INTEGER;
ALTER TABLE contacts ADD COLUMN merged_by_id INTEGER REFERENCES agents (id);
DROP INDEX contacts_by_name;
CREATE INDEX contacts_by_name ON contacts (folded, id) WHERE merged_into_id IS NULL;
CREATE INDEX contacts_of_organization ON contacts (organization_id, folded, id) WHERE merged_into_id IS NULL;
CREATE INDEX contacts_merged ON contacts (merged_into_id) WHERE merged_into_id IS NOT NULL;
CREATE INDEX organization_domains_of ON organization_domains (organization_id);

-- What the house wants to know of people and organizations besides. Choices stand one to a line.
CREATE TABLE custom_fields (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    subject TEXT NOT NULL CHECK (subject IN ('contact', 'organization')),
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('text', 'number', 'date', 'choice')),
    choices TEXT NOT NULL,
    position INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    UNIQUE (subject, slug)
) STRICT;

CREATE TABLE custom_values (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    field_id INTEGER NOT NULL REFERENCES custom_fields (id),
    contact_id INTEGER REFERENCES contacts (id),
    organization_id INTEGER REFERENCES organizations (id),
    value TEXT NOT NULL,
    CHECK ((contact_id IS NULL) <> (organization_id IS NULL))
) STRICT;
CREATE UNIQUE INDEX custom_values_of_contact ON custom_values (contact_id, field_id) WHERE contact_id IS NOT NULL;
CREATE UNIQUE INDEX custom_values_of_organization ON custom_values (organization_id, field_id)
    WHERE organization_id IS NOT NULL;
CREATE INDEX custom_values_of_field ON custom_values (field_id, value);
