DROP INDEX channels_by_key;
ALTER TABLE channels DROP COLUMN secret;
ALTER TABLE channels DROP COLUMN auth_token;
ALTER TABLE channels DROP COLUMN settings;
ALTER TABLE channels DROP COLUMN key;
