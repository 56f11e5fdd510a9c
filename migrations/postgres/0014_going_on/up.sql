-- Where somebody who writes again goes on: the newest of their conversations that is not closed (turn 0 to 2).
CREATE INDEX conversations_going_on ON conversations (profile_id, id) WHERE turn <= 2;
-- Whether single keys press anything on this person's pages.
ALTER TABLE agents ADD COLUMN single_keys BOOLEAN NOT NULL DEFAULT TRUE;
