//! Numbers people quote, and the ids behind them: one newtype each, so that none is taken for another.

use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $format:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, $format, self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = ();

            /// Reads the number as people type it: any case, leading zeros or none.
            fn from_str(text: &str) -> Result<Self, ()> {
                let (head, digits) = text.trim().split_at_checked($prefix.len()).ok_or(())?;
                let plain = !digits.is_empty() && digits.len() <= 18 && digits.bytes().all(|b| b.is_ascii_digit());
                if !head.eq_ignore_ascii_case($prefix) || !plain {
                    return Err(());
                }
                digits.parse().map(Self).map_err(|_| ())
            }
        }
    };
}

number!(
    /// A conversation, `CONV-42`.
    ConversationId, "CONV-", "CONV-{}"
);
number!(
    /// An interaction, `IMS0000042`.
    InteractionId, "IMS", "IMS{:07}"
);
id!(
    /// A message of a thread; later messages have greater ids.
    MessageId
);
id!(
    /// A person who works here.
    AgentId
);
id!(
    /// A person who asks.
    ContactId
);
id!(
    /// An organization that contacts belong to.
    OrganizationId
);
id!(
    /// An identity on one channel, maybe linked to a contact.
    ProfileId
);
id!(
    /// A source of contacts.
    ChannelId
);
id!(
    /// A routing pool.
    QueueId
);
id!(
    /// Something a hold waits for.
    DependencyId
);
id!(
    /// A routing rule.
    RuleId
);
id!(
    /// A canned response.
    CannedId
);
id!(
    /// A field of the house's own.
    FieldId
);
id!(
    /// A file of a message.
    AttachmentId
);
id!(
    /// A place people walk up to.
    LocationId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_the_spec_says_and_read_back() {
        assert_eq!(InteractionId(42).to_string(), "IMS0000042");
        assert_eq!("ims42".parse(), Ok(InteractionId(42)));
        assert_eq!("CONV-7".parse(), Ok(ConversationId(7)));
        for bad in ["", "CONV", "CONV-", "CONV--1", "CONV-1x", "IMS99999999999999999999", "ÄÖÜ-1"] {
            assert_eq!(bad.parse::<ConversationId>(), Err(()), "{bad}");
        }
    }
}
