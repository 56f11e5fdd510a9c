//! The house itself: who works here, by what they get in, and how it is set up.

diesel::table! {
    use diesel::sql_types::{Text};

    settings (key) {
        key -> Text,
        value -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Nullable, Text};
    use crate::store::types::Instant;

    agents (id) {
        id -> BigInt,
        email -> Text,
        name -> Text,
        role -> Text,
        password_hash -> Nullable<Text>,
        presence -> Text,
        presence_since -> Instant,
        theme -> Text,
        single_keys -> Bool,
        disabled_at -> Nullable<Instant>,
        created_at -> Instant,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};
    use crate::store::types::Instant;

    sessions (id) {
        id -> BigInt,
        token_hash -> Text,
        agent_id -> BigInt,
        created_at -> Instant,
        seen_at -> Instant,
        address -> Text,
        browser -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::store::types::Instant;

    one_time_links (token_hash) {
        token_hash -> Text,
        purpose -> Text,
        agent_id -> Nullable<BigInt>,
        expires_at -> Instant,
        used_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Nullable, Text};
    use crate::store::types::Instant;

    queues (id) {
        id -> BigInt,
        slug -> Text,
        name -> Text,
        restricted -> Bool,
        types -> Text,
        target_seconds -> Nullable<BigInt>,
        created_at -> Instant,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt};

    queue_members (queue_id, agent_id) {
        queue_id -> BigInt,
        agent_id -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::store::types::{Doc, Instant};

    channels (id) {
        id -> BigInt,
        slug -> Text,
        name -> Text,
        kind -> Text,
        contact_type -> Text,
        queue_id -> BigInt,
        created_at -> Instant,
        version -> BigInt,
        key -> Text,
        settings -> Doc,
        auth_token -> Nullable<Text>,
        secret -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::store::types::Instant;

    api_tokens (id) {
        id -> BigInt,
        token_hash -> Text,
        kind -> Text,
        agent_id -> Nullable<BigInt>,
        channel_id -> Nullable<BigInt>,
        scope -> Nullable<Text>,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};
    use crate::store::types::Instant;

    idempotency_keys (owner, path, key) {
        owner -> Text,
        path -> Text,
        key -> Text,
        request_hash -> Text,
        status -> BigInt,
        answer -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::store::types::Instant;

    second_factors (agent_id) {
        agent_id -> BigInt,
        sealed -> Text,
        confirmed_at -> Nullable<Instant>,
        last_step -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};

    spare_codes (code_hash) {
        code_hash -> Text,
        agent_id -> BigInt,
    }
}
