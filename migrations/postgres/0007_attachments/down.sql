DROP TABLE attachment_bytes;
DROP TABLE attachments;
