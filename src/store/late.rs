//! How many wait for us close to the agreed time of their queue, and how many over it.

use chrono::{DateTime, Utc};
use diesel::dsl::count_star;
use diesel::prelude::*;

use super::inbox::Standing;
use super::queues::Queue;
use super::schema::conversations;
use super::types::word;
use super::{At, Conn, Error};
use crate::domain::AgentId;

/// The share of the agreed wait from which on it is close.
const CLOSE: i32 = 75;

/// (from three quarters of the agreed wait on, over it), where and with whom they stand.
pub fn late(conn: &mut Conn, queues: &[Queue], now: DateTime<Utc>) -> Result<(Vec<Standing>, Vec<Standing>), Error> {
    let (mut close, mut over) = (Vec::new(), Vec::new());
    for queue in queues {
        let Some(target) = queue.target else { continue };
        let near = waiting(conn, queue, now - target * CLOSE / 100)?;
        if !near.is_empty() {
            over.extend(waiting(conn, queue, now - target)?);
        }
        close.extend(near);
    }
    Ok((close, over))
}

fn waiting(conn: &mut Conn, queue: &Queue, since: DateTime<Utc>) -> Result<Vec<Standing>, Error> {
    let ours = conversations::queue_id.eq(queue.id.0).and(conversations::turn.eq(0));
    let rows: Vec<(String, Option<i64>, i64)> = conversations::table
        .filter(ours.and(conversations::unanswered_since.le(At(since)).assume_not_null()))
        .group_by((conversations::stage, conversations::assignee_id))
        .select((conversations::stage, conversations::assignee_id, count_star()))
        .load(conn)?;
    let read = |(stage, assignee, n): (String, Option<i64>, i64)| {
        Ok((Some(queue.id), word(&stage)?, assignee.map(AgentId), n))
    };
    rows.into_iter().map(read).collect()
}
