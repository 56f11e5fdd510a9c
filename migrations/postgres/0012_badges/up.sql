-- What stands on somebody's badge, which they are known by at a desk.
ALTER TABLE contacts ADD COLUMN badge TEXT NOT NULL DEFAULT '';
-- What one sender has left here lately, in files.
CREATE INDEX attachments_from ON attachments (profile_id, created_at) WHERE profile_id IS NOT NULL;
