//! The tables, as both databases hold them. The migrations say what is unique, indexed and checked.

mod house;
mod outgoing;
mod people;
mod sorting;
mod writing;

pub use house::*;
pub use outgoing::*;
pub use people::*;
pub use sorting::*;
pub use writing::*;

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Nullable, Text};
    use crate::store::types::Instant;

    organizations (id) {
        id -> BigInt,
        name -> Text,
        existing -> Bool,
        default_owner_id -> Nullable<BigInt>,
        created_at -> Instant,
        version -> BigInt,
        folded -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};

    organization_domains (domain) {
        domain -> Text,
        organization_id -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Nullable, Text};
    use crate::store::types::Instant;

    contacts (id) {
        id -> BigInt,
        name -> Text,
        organization_id -> Nullable<BigInt>,
        vip -> Bool,
        created_at -> Instant,
        version -> BigInt,
        folded -> Nullable<Text>,
        merged_into_id -> Nullable<BigInt>,
        merged_at -> Nullable<Instant>,
        merged_by_id -> Nullable<BigInt>,
        badge -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};

    contact_identifiers (id) {
        id -> BigInt,
        contact_id -> BigInt,
        kind -> Text,
        value -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Nullable, Text};
    use crate::store::types::Instant;

    profiles (id) {
        id -> BigInt,
        channel_id -> BigInt,
        identifier -> Text,
        contact_id -> Nullable<BigInt>,
        ambiguous -> Bool,
        blocked -> Bool,
        created_at -> Instant,
        blocked_at -> Nullable<Instant>,
        blocked_by_id -> Nullable<BigInt>,
        said_by_id -> Nullable<BigInt>,
        said_at -> Nullable<Instant>,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Nullable, SmallInt, Text};
    use crate::store::types::Instant;

    conversations (id) {
        id -> BigInt,
        version -> BigInt,
        title -> Text,
        stage -> Text,
        stage_since -> Instant,
        turn -> SmallInt,
        order_rank -> SmallInt,
        order_at -> Instant,
        due_at -> Nullable<Instant>,
        channel_id -> BigInt,
        profile_id -> Nullable<BigInt>,
        contact_id -> Nullable<BigInt>,
        organization_id -> Nullable<BigInt>,
        started_by -> Text,
        created_at -> Instant,
        rank -> SmallInt,
        reopen_count -> BigInt,
        follow_up_of -> Nullable<BigInt>,
        merged_into -> Nullable<BigInt>,
        unanswered_since -> Nullable<Instant>,
        last_message_id -> Nullable<BigInt>,
        last_message_at -> Instant,
        last_customer_message_id -> Nullable<BigInt>,
        last_customer_at -> Nullable<Instant>,
        last_agent_at -> Nullable<Instant>,
        reminded_at -> Nullable<Instant>,
        preview -> Text,
        missed -> Bool,
        interaction_id -> Nullable<BigInt>,
        assignee_id -> Nullable<BigInt>,
        queue_id -> Nullable<BigInt>,
        title_folded -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Nullable, Text};
    use crate::store::types::Instant;

    interactions (id) {
        id -> BigInt,
        version -> BigInt,
        conversation_id -> Nullable<BigInt>,
        kind -> Text,
        direction -> Text,
        state -> Text,
        state_reason -> Nullable<Text>,
        state_since -> Instant,
        opened_for_id -> Nullable<BigInt>,
        guest_name -> Nullable<Text>,
        profile_id -> Nullable<BigInt>,
        queue_id -> Nullable<BigInt>,
        assignee_id -> Nullable<BigInt>,
        preferred_id -> Nullable<BigInt>,
        accepted_at -> Nullable<Instant>,
        opened_at -> Instant,
        first_response_at -> Nullable<Instant>,
        closed_at -> Nullable<Instant>,
        close_code -> Nullable<Text>,
        short_description -> Text,
        short_description_auto -> Bool,
        routed_by -> Text,
        worked_micros -> BigInt,
        working_since -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::store::types::Instant;

    messages (id) {
        id -> BigInt,
        conversation_id -> Nullable<BigInt>,
        interaction_id -> Nullable<BigInt>,
        kind -> Text,
        class -> Text,
        agent_id -> Nullable<BigInt>,
        profile_id -> Nullable<BigInt>,
        body -> Text,
        at -> Instant,
        sent_at -> Nullable<Instant>,
        channel_id -> Nullable<BigInt>,
        channel_key -> Nullable<Text>,
        delivery -> Nullable<Text>,
        delivery_error -> Nullable<Text>,
        edited_at -> Nullable<Instant>,
        removed_at -> Nullable<Instant>,
        about_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::store::types::{Doc, Instant};

    facts (seq) {
        seq -> BigInt,
        at -> Instant,
        kind -> Text,
        actor -> Text,
        actor_id -> Nullable<BigInt>,
        conversation_id -> Nullable<BigInt>,
        interaction_id -> Nullable<BigInt>,
        agent_id -> Nullable<BigInt>,
        from_value -> Nullable<Text>,
        to_value -> Nullable<Text>,
        data -> Doc,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};

    tags (conversation_id, name) {
        conversation_id -> BigInt,
        name -> Text,
        value -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::store::types::Instant;

    dependencies (id) {
        id -> BigInt,
        conversation_id -> BigInt,
        kind -> Text,
        reviewer_id -> Nullable<BigInt>,
        role_label -> Nullable<Text>,
        until -> Nullable<Instant>,
        state -> Text,
        added_at -> Instant,
        closed_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};
    use crate::store::types::Instant;

    drafts (agent_id, conversation_id, kind) {
        agent_id -> BigInt,
        conversation_id -> BigInt,
        kind -> Text,
        body -> Text,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};

    resolutions (name) {
        name -> Text,
        position -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::store::types::Instant;

    visitors (id) {
        id -> BigInt,
        channel_id -> BigInt,
        secret_hash -> Text,
        identifier -> Text,
        created_at -> Instant,
        here_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::store::types::Instant;

    security_log (id) {
        id -> BigInt,
        at -> Instant,
        agent_id -> Nullable<BigInt>,
        action -> Text,
        object -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    settings,
    agents,
    sessions,
    one_time_links,
    organizations,
    organization_domains,
    contacts,
    contact_identifiers,
    queues,
    queue_members,
    channels,
    api_tokens,
    idempotency_keys,
    profiles,
    conversations,
    interactions,
    messages,
    facts,
    tags,
    dependencies,
    drafts,
    resolutions,
    outbox,
    opt_outs,
    spam_checks,
    spam_words,
    spam_lessons,
    rules,
    visitors,
    security_log,
    attachments,
    attachment_bytes,
    custom_fields,
    custom_values,
    message_changes,
    mentions,
    canned_responses,
    offered_tags,
);
