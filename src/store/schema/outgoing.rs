//! What leaves the house.

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::store::types::{Doc, Instant};

    outbox (id) {
        id -> BigInt,
        message_id -> BigInt,
        conversation_id -> BigInt,
        channel_id -> BigInt,
        recipient -> Text,
        body -> Text,
        attachments -> Doc,
        submit_key -> Text,
        state -> Text,
        not_before -> Instant,
        due_at -> Nullable<Instant>,
        attempts -> BigInt,
        claimed_by -> Nullable<Text>,
        claimed_at -> Nullable<Instant>,
        provider_id -> Nullable<Text>,
        error -> Nullable<Text>,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::BigInt;
    use crate::store::types::Instant;

    opt_outs (profile_id) {
        profile_id -> BigInt,
        at -> Instant,
    }
}
