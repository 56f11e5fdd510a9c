//! State and state reason of an interaction, and the projection that writes them. Pure.

use super::stage::Stage;
use super::words::words;

words!(
    /// How a contact reached us. Fixed after creation.
    ContactType {
        Chat = "chat" / "Chat",
        Phone = "phone" / "Phone",
        WalkUp = "walk-up" / "Walk-up",
        Messaging = "messaging" / "Messaging",
    }
);

words!(
    /// State of an interaction.
    State {
        New = "new" / "New",
        WorkInProgress = "work_in_progress" / "Work in Progress",
        OnHold = "on_hold" / "On Hold",
        ClosedComplete = "closed_complete" / "Closed Complete",
        ClosedAbandoned = "closed_abandoned" / "Closed Abandoned",
    }
);

words!(
    /// Why a messaging interaction is on hold.
    StateReason {
        WaitingOnCustomer = "waiting_on_customer" / "Waiting on customer",
        WaitingInternal = "waiting_internal" / "Waiting internal",
    }
);

words!(
    /// How an interaction ended.
    CloseKind { Complete = "complete" / "Complete", Abandoned = "abandoned" / "Abandoned" }
);

words!(
    /// The code a closed record carries.
    CloseCode {
        Complete = "complete" / "Complete",
        Abandoned = "abandoned" / "Abandoned",
        NoShow = "no_show" / "No-show",
        Left = "left" / "Left",
        NoResponse = "no_response" / "No response",
        Merged = "merged" / "Merged",
        Spam = "spam" / "Spam",
        Auto = "auto" / "Closed by the system",
    }
);

words!(
    /// Who spoke first.
    Direction { Inbound = "inbound" / "Inbound", Outbound = "outbound" / "Outbound" }
);

impl State {
    /// Closed Complete or Closed Abandoned: final.
    pub const fn is_closed(self) -> bool {
        matches!(self, State::ClosedComplete | State::ClosedAbandoned)
    }

    /// Whether an agent may move an interaction without a conversation from here to there (specification, section 4).
    pub const fn may_become(self, next: State) -> bool {
        use State::{ClosedAbandoned, ClosedComplete, New, OnHold, WorkInProgress};
        match self {
            New => matches!(next, WorkInProgress | ClosedComplete | ClosedAbandoned),
            WorkInProgress => matches!(next, New | OnHold | ClosedComplete | ClosedAbandoned),
            OnHold => matches!(next, WorkInProgress | ClosedComplete | ClosedAbandoned),
            ClosedComplete | ClosedAbandoned => false,
        }
    }
}

impl CloseKind {
    /// The state a closed record has.
    pub const fn state(self) -> State {
        match self {
            CloseKind::Complete => State::ClosedComplete,
            CloseKind::Abandoned => State::ClosedAbandoned,
        }
    }
}

impl CloseCode {
    /// Which of the two closed states the code belongs to.
    pub const fn kind(self) -> CloseKind {
        match self {
            CloseCode::Complete | CloseCode::Merged | CloseCode::Spam | CloseCode::Auto => CloseKind::Complete,
            CloseCode::Abandoned | CloseCode::NoShow | CloseCode::Left | CloseCode::NoResponse => CloseKind::Abandoned,
        }
    }
}

/// State and state reason of an interaction with a conversation: f(stage, type, accepted, close kind).
///
/// A closed stage without a close kind counts as complete.
pub const fn project(
    stage: Stage,
    kind: ContactType,
    accepted: bool,
    closed: Option<CloseKind>,
) -> (State, Option<StateReason>) {
    let messaging = matches!(kind, ContactType::Messaging);
    let open = if accepted { State::WorkInProgress } else { State::New };
    match stage {
        Stage::Suspended => (State::New, None),
        Stage::New | Stage::NeedsResponse => (open, None),
        Stage::WaitingOnUser if messaging => (State::OnHold, Some(StateReason::WaitingOnCustomer)),
        Stage::WaitingOnUser => (open, None),
        Stage::Hold if messaging => (State::OnHold, Some(StateReason::WaitingInternal)),
        Stage::Hold => (State::OnHold, None),
        Stage::Resolved | Stage::Archived => match closed {
            Some(kind) => (kind.state(), None),
            None => (State::ClosedComplete, None),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_projection_is_the_table_of_the_specification() {
        use ContactType::{Chat, Messaging};
        let of = |stage, kind, accepted| project(stage, kind, accepted, None);
        assert_eq!(of(Stage::Suspended, Messaging, true), (State::New, None));
        assert_eq!(of(Stage::NeedsResponse, Messaging, false), (State::New, None));
        assert_eq!(of(Stage::NeedsResponse, Chat, true), (State::WorkInProgress, None));
        assert_eq!(of(Stage::WaitingOnUser, Messaging, false), (State::OnHold, Some(StateReason::WaitingOnCustomer)));
        assert_eq!(of(Stage::WaitingOnUser, Chat, true), (State::WorkInProgress, None));
        assert_eq!(of(Stage::WaitingOnUser, Chat, false), (State::New, None));
        assert_eq!(of(Stage::Hold, Messaging, true), (State::OnHold, Some(StateReason::WaitingInternal)));
        assert_eq!(of(Stage::Hold, Chat, true), (State::OnHold, None));
        assert_eq!(project(Stage::Resolved, Chat, true, Some(CloseKind::Abandoned)), (State::ClosedAbandoned, None));
    }

    #[test]
    fn closed_is_final() {
        for &next in State::ALL {
            assert!(!State::ClosedComplete.may_become(next) && !State::ClosedAbandoned.may_become(next));
        }
    }
}
