-- Names as they are looked for, written by the program: the databases do not agree on what lower case is. What is null
-- here is written at the next start. And what a reaction or an edit is about.
ALTER TABLE contacts ADD COLUMN folded text COLLATE "C";
ALTER TABLE organizations ADD COLUMN folded text COLLATE "C";
ALTER TABLE conversations ADD COLUMN title_folded text COLLATE "C";
ALTER TABLE messages ADD COLUMN about_id bigint;
DROP INDEX contacts_by_name;
CREATE INDEX contacts_by_name ON contacts (folded, id);
CREATE INDEX organizations_by_name ON organizations (folded, id);
CREATE INDEX conversations_unfolded ON conversations (id) WHERE title_folded IS NULL;
