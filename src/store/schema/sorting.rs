//! What the spam check has learned and found, and routing rules.

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};

    spam_checks (conversation_id) {
        conversation_id -> BigInt,
        verdict -> Text,
        score -> Nullable<BigInt>,
        reasons -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};

    spam_words (channel_id, word) {
        channel_id -> BigInt,
        word -> Text,
        spam -> BigInt,
        genuine -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Text};
    use crate::store::types::Instant;

    spam_lessons (conversation_id) {
        conversation_id -> BigInt,
        channel_id -> BigInt,
        spam -> Bool,
        words -> Text,
        learned_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::store::types::Instant;

    rules (id) {
        id -> BigInt,
        position -> BigInt,
        keywords -> Text,
        agent_id -> Nullable<BigInt>,
        queue_id -> Nullable<BigInt>,
        created_at -> Instant,
        version -> BigInt,
    }
}
