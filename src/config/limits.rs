//! Every limit in one place. The README prints the same table.

use std::time::Duration;

/// The shortest secret that is accepted.
pub const SECRET_CHARS: usize = 32;

/// The largest body of a form: a long message, percent-encoded.
pub const FORM_BYTES: usize = 256 * 1024;
/// The largest body of JSON.
pub const MESSAGE_BYTES: usize = 256 * 1024;
/// The largest file of a message, how many a message takes, how many one agent may keep unsent, and for how long.
pub const ATTACHMENT_BYTES: usize = 10 * 1024 * 1024;
pub const ATTACHMENTS: usize = 5;
pub const UNSENT_FILES: i64 = 50;
pub const UNSENT_KEPT: Duration = Duration::from_secs(24 * 3600);
/// The largest picture that a page shows, in pixels; larger ones are files like any other.
pub const PICTURE_PIXELS: i64 = 40_000_000;
/// What all uploads together may hold in memory while they arrive.
pub const UPLOADING_BYTES: usize = 96 * 1024 * 1024;
/// The largest body a visitor of the chat widget sends, and how many of their pages may listen at once.
pub const VISITOR_BYTES: usize = 128 * 1024;
pub const VISITOR_SOCKETS: usize = 8;
/// How long what a site signs of its visitor may be good.
pub const IDENTITY_LIFE: Duration = Duration::from_secs(24 * 3600);
/// What one visitor, or one number that writes, may leave here in files within a day.
pub const SENDER_FILES_DAY: i64 = 100 * 1024 * 1024;
/// How long a body may send nothing; and how long the whole of it may take, with a second more for each so many bytes.
pub const BODY_IDLE: Duration = Duration::from_secs(5);
pub const BODY_TOTAL: Duration = Duration::from_secs(20);
pub const BODY_FLOOR: u64 = 20_000;
/// How long a peer may leave its answer unread.
pub const UNREAD: Duration = Duration::from_secs(12);

/// How long it may take to reach another server, and to get its whole answer; and how much of that is read.
pub const OUTGOING_CONNECT: Duration = Duration::from_secs(4);
pub const OUTGOING_TOTAL: Duration = Duration::from_secs(8);
pub const OUTGOING_ANSWER: usize = 64 * 1024;
/// How long the files of a text message may take to fetch, all together.
pub const MEDIA_TOTAL: Duration = Duration::from_secs(10);

/// Frames that a page may send over its socket.
pub const FRAME_BYTES: usize = 4096;
/// What one socket may watch, and how many sockets one session or token may hold on a node.
pub const SOCKET_TOPICS: usize = 20;
pub const SOCKETS_EACH: usize = 30;
/// Frames that wait for a slow page before it is told to refresh.
pub const SOCKET_QUEUE: usize = 64;
/// Changes that a page may have missed and still be sent.
pub const LIVE_RING: usize = 1024;

/// A page is pinged, and told that we are here, so often; dropped when silent for so long, or when it does not take a
/// frame for so long.
pub const HEARTBEAT: Duration = Duration::from_secs(25);
pub const SOCKET_SILENCE: Duration = Duration::from_secs(60);
pub const SOCKET_WRITE: Duration = Duration::from_secs(5);

/// Rows on a page of a list.
pub const PAGE_ROWS: i64 = 50;
/// Rows an API caller may ask for at once.
pub const API_ROWS: i64 = 100;
/// Counts above this are shown as "999+".
pub const COUNT_CAP: i64 = 1000;

/// A session ends after so long without a request, and after so long in any case.
pub const SESSION_IDLE: Duration = Duration::from_secs(12 * 3600);
pub const SESSION_TOTAL: Duration = Duration::from_secs(30 * 24 * 3600);

/// The most keys of one kind of limit that are kept: people, addresses.
pub const LIMITED_KEYS: usize = 100_000;

/// How long a stop may take, sockets first.
pub const SHUTDOWN: Duration = Duration::from_secs(10);
