-- The list of records, newest first: of a type, in a queue, of an agent.
CREATE INDEX interactions_kind ON interactions (kind, id);
CREATE INDEX interactions_in ON interactions (queue_id, id);
CREATE INDEX interactions_assignee ON interactions (assignee_id, id);
