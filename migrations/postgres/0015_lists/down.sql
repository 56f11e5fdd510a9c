DROP INDEX interactions_assignee;
DROP INDEX interactions_in;
DROP INDEX interactions_kind;
