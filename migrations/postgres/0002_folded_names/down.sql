DROP INDEX conversations_unfolded;
DROP INDEX organizations_by_name;
DROP INDEX contacts_by_name;
CREATE INDEX contacts_by_name ON contacts (name, id);
ALTER TABLE messages DROP COLUMN about_id;
ALTER TABLE conversations DROP COLUMN title_folded;
ALTER TABLE organizations DROP COLUMN folded;
ALTER TABLE contacts DROP COLUMN folded;
