DROP TABLE offered_tags;
DROP TABLE canned_responses;
DROP TABLE mentions;
DROP TABLE message_changes;
ALTER TABLE messages DROP COLUMN removed_at;
ALTER TABLE messages DROP COLUMN edited_at;
