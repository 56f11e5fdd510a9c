//! Every limit in one place. The README prints the same table.

use std::time::Duration;

/// The shortest secret that is accepted.
pub const SECRET_CHARS: usize = 32;

/// The largest body of a form or of JSON.
pub const FORM_BYTES: usize = 256 * 1024;
/// The largest body an API message may have.
pub const MESSAGE_BYTES: usize = 256 * 1024;
/// How long a body may take to send nothing, and the whole of it to arrive.
pub const BODY_IDLE: Duration = Duration::from_secs(5);
pub const BODY_TOTAL: Duration = Duration::from_secs(20);

/// Frames that a page may send over its socket.
pub const FRAME_BYTES: usize = 4096;
/// Frames that wait for a slow page before it is told to refresh.
pub const SOCKET_QUEUE: usize = 64;
/// Changes that a page may have missed and still be sent.
pub const LIVE_RING: usize = 1024;

/// Rows on a page of a list.
pub const PAGE_ROWS: i64 = 50;
/// Rows an API caller may ask for at once.
pub const API_ROWS: i64 = 100;
/// Counts above this are shown as "999+".
pub const COUNT_CAP: i64 = 1000;

/// A session ends after so long without a request, and after so long in any case.
pub const SESSION_IDLE: Duration = Duration::from_secs(12 * 3600);
pub const SESSION_TOTAL: Duration = Duration::from_secs(30 * 24 * 3600);

/// How long a stop may take, sockets first.
pub const SHUTDOWN: Duration = Duration::from_secs(10);
