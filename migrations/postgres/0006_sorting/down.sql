DROP TABLE rules;
DROP TABLE spam_lessons;
DROP TABLE spam_words;
DROP INDEX profiles_blocked;
ALTER TABLE profiles DROP COLUMN blocked_by_id;
ALTER TABLE profiles DROP COLUMN blocked_at;
DROP TABLE spam_checks;
