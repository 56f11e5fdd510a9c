//! How far what we sent has got. It never goes back by itself: a person decides to send again.

use chrono::{DateTime, TimeDelta, Utc};

use super::ids::{ChannelId, ConversationId, MessageId};
use super::words::words;

words!(
    /// How far a message of ours is.
    Delivery {
        /// Waits for its moment, or for the next try.
        Queued = "queued" / "Waiting",
        /// On its way to the provider.
        Sending = "sending" / "Sending",
        /// With the provider; on channels that are read here, there to be read.
        Accepted = "accepted" / "Sent",
        /// With the person.
        Delivered = "delivered" / "Delivered",
        Failed = "failed" / "Not sent",
        /// It may have been sent: whoever sent it did not live to hear.
        Unknown = "unknown" / "Unknown, check",
        /// Taken back before it was sent.
        Withdrawn = "withdrawn" / "Taken back",
    }
);

/// How long after the send of a form it can be taken back.
pub const UNDO: TimeDelta = TimeDelta::seconds(10);
/// What is not accepted by then has failed.
const GIVE_UP: TimeDelta = TimeDelta::hours(24);
/// The first pause after a try that failed, and the longest.
const FIRST_PAUSE: i64 = 2;
const LONGEST_PAUSE: i64 = 300;

/// A message as it is sent: frozen when it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    pub id: i64,
    pub message: MessageId,
    pub conversation: ConversationId,
    pub channel: ChannelId,
    pub recipient: String,
    pub body: String,
    /// Ids of what is attached.
    pub attachments: Vec<i64>,
    /// The same for every try.
    pub submit_key: String,
    pub state: Delivery,
    /// Not sent earlier: until then it can be taken back.
    pub not_before: DateTime<Utc>,
    /// When it is tried next.
    pub due_at: Option<DateTime<Utc>>,
    /// How often it was tried, this time included.
    pub attempts: i64,
    /// Who is sending it.
    pub claimed_by: Option<String>,
    pub provider_id: Option<String>,
    pub error: Option<String>,
    pub created_at: DateTime<Utc>,
}

/// What came of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The provider has it, under this id.
    Accepted(String),
    /// The provider will never take it.
    Refused(String),
    /// The provider knows that they said STOP.
    Stopped,
    /// It was not sent; later again, at the earliest after so long where the provider said so.
    Later { why: String, after: Option<TimeDelta> },
    /// It may have been sent.
    Unsure(String),
}

impl Delivery {
    /// Whether somebody may still have to look at it.
    pub const fn is_open(self) -> bool {
        matches!(self, Delivery::Queued | Delivery::Sending | Delivery::Failed | Delivery::Unknown)
    }

    /// Whether a provider may say that it is there now: only forward.
    pub const fn may_become(self, next: Delivery) -> bool {
        match (self, next) {
            (Delivery::Queued | Delivery::Withdrawn | Delivery::Delivered | Delivery::Failed, _) => false,
            (Delivery::Sending | Delivery::Unknown, next) => {
                matches!(next, Delivery::Accepted | Delivery::Delivered | Delivery::Failed)
            }
            (Delivery::Accepted, next) => matches!(next, Delivery::Delivered | Delivery::Failed),
        }
    }
}

impl Letter {
    /// When it is tried again after a try at `now`; none if that would be too late. `luck`, 0 to 1, spreads the tries
    /// of many.
    pub fn next_try(&self, now: DateTime<Utc>, after: Option<TimeDelta>, luck: f64) -> Option<DateTime<Utc>> {
        let doublings = u32::try_from(self.attempts.clamp(1, 10) - 1).unwrap_or_default();
        let pause = (FIRST_PAUSE << doublings).min(LONGEST_PAUSE) * 1000;
        let spread = (pause as f64 * 0.4 * (luck - 0.5)) as i64;
        let pause = TimeDelta::milliseconds(pause + spread).max(after.unwrap_or_default());
        Some(now + pause).filter(|at| *at < self.created_at + GIVE_UP)
    }

    /// Whether it can still be taken back.
    pub fn can_be_taken_back(&self) -> bool {
        self.state == Delivery::Queued
    }

    /// Whether somebody may have it sent (again).
    pub fn can_be_retried(&self) -> bool {
        let stuck = matches!(self.state, Delivery::Failed | Delivery::Unknown)
            || (self.state == Delivery::Queued && self.attempts > 0);
        stuck && !self.is_empty()
    }

    /// Whether there is nothing in it any more: its text was removed.
    pub fn is_empty(&self) -> bool {
        self.body.is_empty() && self.attachments.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_five_minutes_and_end_after_a_day() {
        let created_at = DateTime::UNIX_EPOCH;
        let letter = |attempts| Letter {
            id: 1,
            message: MessageId(1),
            conversation: ConversationId(1),
            channel: ChannelId(1),
            recipient: String::new(),
            body: String::new(),
            attachments: Vec::new(),
            submit_key: String::new(),
            state: Delivery::Sending,
            not_before: created_at,
            due_at: None,
            attempts,
            claimed_by: None,
            provider_id: None,
            error: None,
            created_at,
        };
        let pause =
            |attempts| letter(attempts).next_try(created_at, None, 0.5).map(|at| (at - created_at).num_seconds());
        assert_eq!([1, 2, 3, 8, 9, 100].map(pause), [2, 4, 8, 256, 300, 300].map(Some));
        let asked = letter(1).next_try(created_at, Some(TimeDelta::minutes(20)), 1.0);
        assert_eq!(asked, Some(created_at + TimeDelta::minutes(20)));
        assert_eq!(letter(9).next_try(created_at + TimeDelta::hours(24), None, 0.0), None);
        assert!(letter(3).next_try(created_at, None, 0.0) < letter(3).next_try(created_at, None, 1.0));
    }

    #[test]
    fn what_a_provider_says_never_takes_a_message_back() {
        use Delivery::{Accepted, Delivered, Failed, Queued, Sending, Unknown, Withdrawn};
        assert!(Accepted.may_become(Delivered) && Unknown.may_become(Delivered) && Sending.may_become(Failed));
        for (from, to) in [(Delivered, Accepted), (Delivered, Failed), (Failed, Delivered), (Accepted, Queued)] {
            assert!(!from.may_become(to), "{from} {to}");
        }
        assert!(Delivery::ALL.iter().all(|next| !Queued.may_become(*next) && !Withdrawn.may_become(*next)));
    }
}
