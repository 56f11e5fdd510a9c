DROP INDEX attachments_from;
ALTER TABLE contacts DROP COLUMN badge;
