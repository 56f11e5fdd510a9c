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

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::store::types::Instant;

    message_changes (id) {
        id -> BigInt,
        message_id -> BigInt,
        agent_id -> BigInt,
        body -> Nullable<Text>,
        at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::BigInt;

    mentions (message_id, agent_id) {
        message_id -> BigInt,
        agent_id -> BigInt,
        conversation_id -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::store::types::Instant;

    canned_responses (id) {
        id -> BigInt,
        name -> Text,
        shortcut -> Nullable<Text>,
        body -> Text,
        owner -> Text,
        queue_id -> Nullable<BigInt>,
        agent_id -> Nullable<BigInt>,
        created_at -> Instant,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};

    offered_tags (name) {
        name -> Text,
        position -> BigInt,
    }
}
