//! Ranks that follow from what became of an organization.

use super::{Desk, Done, not_before};
use crate::domain::OrganizationId;
use crate::store::conversations;

/// Conversations whose rank is computed anew at once.
const AT_ONCE: i64 = 500;

impl Desk {
    /// An organization is known from now on, or is not: its open conversations get the rank of that. What this does not
    /// reach gets it with its next change.
    pub(super) fn rank_anew(&self, organization: OrganizationId) -> Done<()> {
        let open = self.db.read(|conn| conversations::open_of(conn, organization, AT_ONCE))?;
        for id in open {
            let (clock, limits) = (self.clock.clone(), self.limits);
            self.db.write(move |tx| {
                let conversation = conversations::hold(tx, id)?;
                let at = not_before(&conversation, clock.now());
                conversations::save(tx, conversation.aged(at), &limits).map_err(super::Error::from)
            })?;
        }
        Ok(())
    }
}
