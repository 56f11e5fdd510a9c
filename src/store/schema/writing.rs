//! What is written besides messages.

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::store::types::Instant;

    attachments (id) {
        id -> BigInt,
        name -> Text,
        message_id -> Nullable<BigInt>,
        conversation_id -> Nullable<BigInt>,
        agent_id -> Nullable<BigInt>,
        profile_id -> Nullable<BigInt>,
        file_name -> Text,
        kind -> Text,
        size -> BigInt,
        width -> Nullable<BigInt>,
        height -> Nullable<BigInt>,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary};

    attachment_bytes (attachment_id) {
        attachment_id -> BigInt,
        bytes -> Binary,
    }
}
