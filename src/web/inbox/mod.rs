//! The work list: `/inbox/{view}?open=CONV-1`.

pub mod page;
