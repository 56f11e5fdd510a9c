-- `key` stands in public addresses (/widget/{key}); what is secret is sealed with the key of the house.
ALTER TABLE channels ADD COLUMN key TEXT NOT NULL DEFAULT '';
ALTER TABLE channels ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
ALTER TABLE channels ADD COLUMN auth_token TEXT;
ALTER TABLE channels ADD COLUMN secret TEXT;
UPDATE channels SET key = lower(hex(randomblob(12)));
CREATE UNIQUE INDEX channels_by_key ON channels (key);
