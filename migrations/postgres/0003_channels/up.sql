-- `key` stands in public addresses (/widget/{key}); what is secret is sealed with the key of the house.
ALTER TABLE channels ADD COLUMN key text NOT NULL DEFAULT '';
ALTER TABLE channels ADD COLUMN settings jsonb NOT NULL DEFAULT '{}';
ALTER TABLE channels ADD COLUMN auth_token text;
ALTER TABLE channels ADD COLUMN secret text;
UPDATE channels SET key = substr(replace(gen_random_uuid()::text, '-', ''), 1, 24);
CREATE UNIQUE INDEX channels_by_key ON channels (key);
