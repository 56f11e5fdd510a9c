//! What the house wants to know of people and organizations besides.

diesel::table! {
    use diesel::sql_types::{BigInt, Text};
    use crate::store::types::Instant;

    custom_fields (id) {
        id -> BigInt,
        subject -> Text,
        slug -> Text,
        name -> Text,
        kind -> Text,
        choices -> Text,
        position -> BigInt,
        created_at -> Instant,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};

    custom_values (id) {
        id -> BigInt,
        field_id -> BigInt,
        contact_id -> Nullable<BigInt>,
        organization_id -> Nullable<BigInt>,
        value -> Text,
    }
}
