ALTER TABLE agents DROP COLUMN single_keys;
DROP INDEX conversations_going_on;
