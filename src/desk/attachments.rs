//! Files: looked at when they arrive, kept with the draft until they are sent, shown to whoever may see their message.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Desk, Done, Error, seen_interaction, visible_conversation};
use crate::config::limits::{
    ATTACHMENT_BYTES, ATTACHMENTS, PICTURE_PIXELS, SENDER_FILES_DAY, UNSENT_FILES, UNSENT_KEPT,
};
use crate::domain::attachment::{Attachment, Upload, file_name};
use crate::domain::delivery::{Delivery, Letter};
use crate::domain::visitor::shows;
use crate::domain::{Actor, Agent, AttachmentId, ChannelId, ConversationId, ProfileId, Refused};
use crate::store::attachments::{self as stored, Home};
use crate::store::{Conn, Tx, conversations, outbox};

/// How many forgotten files are taken away at once.
const BATCH: i64 = 100;
/// The media type of what nobody knows.
const UNKNOWN: &str = "application/octet-stream";

impl Upload {
    /// A file as it arrived. Its bytes say what it is; nothing else of it is believed.
    pub fn of(name: &str, bytes: Vec<u8>) -> Result<Upload, Refused> {
        let file_name = file_name(name);
        if bytes.is_empty() {
            return Err(Refused::invalid("file", format!("{file_name} is empty.")));
        }
        if bytes.len() > ATTACHMENT_BYTES {
            return Err(too_large(&file_name));
        }
        let kind = infer::get(&bytes).map_or_else(|| plain(&bytes), |kind| kind.mime_type());
        let pixels = pixels(kind, &bytes);
        Ok(Upload { file_name, kind, pixels, bytes: Arc::new(bytes) })
    }
}

/// The refusal of a file that is too large.
pub fn too_large(file_name: &str) -> Refused {
    let mib = ATTACHMENT_BYTES / (1024 * 1024);
    Refused::invalid("file", format!("{file_name} is too large: a file may have {mib} MiB."))
}

/// The refusal of files of somebody who has sent many today.
pub fn too_much() -> Refused {
    let mib = SENDER_FILES_DAY / (1024 * 1024);
    Refused::invalid("file", format!("This is more than {mib} MiB of files within a day. Send the rest tomorrow."))
}

/// The refusal of more files than a message takes.
pub fn too_many() -> Refused {
    Refused::invalid("file", format!("A message takes {ATTACHMENTS} files at most."))
}

impl Desk {
    /// Takes in files that an agent will send: all or none. With a conversation they wait in the agent's draft there.
    pub fn upload(&self, by: &Agent, draft: Option<ConversationId>, files: Vec<Upload>) -> Done<Vec<Attachment>> {
        let (by, clock) = (by.clone(), self.clock.clone());
        self.db.write(move |tx| {
            let mut waiting = 0;
            if let Some(id) = draft {
                let conversation = conversations::find(tx.conn, id)?;
                visible_conversation(tx.conn, &by, &conversation)?;
                waiting = stored::of_draft(tx.conn, by.id, id)?.len();
            }
            if waiting + files.len() > ATTACHMENTS {
                return Err(too_many().into());
            }
            let more = i64::try_from(files.len()).unwrap_or(UNSENT_FILES);
            if stored::waiting(tx.conn, by.id)? + more > UNSENT_FILES {
                return Err(Refused::invalid("file", "Too many files wait to be sent. Send or remove some.").into());
            }
            let keep = |file| Ok(stored::insert(tx.conn, Actor::Agent(by.id), draft, file, clock.now())?);
            files.iter().map(keep).collect()
        })
    }

    /// Takes a file that was not sent out of an agent's draft again.
    pub fn withdraw(&self, by: &Agent, id: AttachmentId) -> Done<()> {
        let agent = by.id;
        self.db.write(move |tx| match stored::withdraw(tx.conn, agent, id)? {
            true => Ok(()),
            false => Err(Error::NotFound),
        })
    }

    /// A file by its name in addresses, for an agent: one of a message that they may see, or their own that waits.
    pub fn attachment(&self, by: &Agent, name: &str) -> Done<Attachment> {
        self.db.read(|conn| seen(conn, by, name))
    }

    /// The same with its bytes.
    pub fn attachment_and_bytes(&self, by: &Agent, name: &str) -> Done<(Attachment, Vec<u8>)> {
        self.db.read(|conn| {
            let file = seen(conn, by, name)?;
            let bytes = stored::bytes(conn, file.id)?;
            Ok((file, bytes))
        })
    }

    /// A file for the visitor of a profile: of their own conversation, as long as they see that, and not of an internal
    /// note.
    pub fn attachment_of(&self, profile: ProfileId, name: &str) -> Done<(Attachment, Vec<u8>)> {
        self.db.read(|conn| {
            let (file, home) = stored::find(conn, name)?;
            let conversation = home.conversation.filter(|_| !home.internal).ok_or(Error::NotFound)?;
            let survivor = conversations::survivor(conn, conversation)?;
            let theirs = conversations::find(conn, conversation)?.profile == Some(profile);
            let now = conversations::find(conn, survivor)?;
            if !theirs || now.profile != Some(profile) || !shows(now.stage) {
                return Err(Error::NotFound);
            }
            let bytes = stored::bytes(conn, file.id)?;
            Ok((file, bytes))
        })
    }

    /// The files of a letter, as far as they are still there.
    pub fn files_of(&self, letter: &Letter) -> Done<Vec<Attachment>> {
        if letter.attachments.is_empty() {
            return Ok(Vec::new());
        }
        let mut files = self.db.read(|conn| Ok::<_, Error>(stored::of_messages(conn, &[letter.message.0])?))?;
        let mut files = files.remove(&letter.message.0).unwrap_or_default();
        files.retain(|file| letter.attachments.contains(&file.id.0));
        Ok(files)
    }

    /// A file for the provider that a letter of this channel goes to.
    pub fn attachment_sent(&self, channel: ChannelId, name: &str) -> Done<(Attachment, Vec<u8>)> {
        self.db.read(|conn| {
            let (file, home) = stored::find(conn, name)?;
            let message = home.message.filter(|_| !home.internal).ok_or(Error::NotFound)?;
            let letter = outbox::of_message(conn, message)?.ok_or(Error::NotFound)?;
            if letter.channel != channel || letter.state == Delivery::Withdrawn {
                return Err(Error::NotFound);
            }
            let bytes = stored::bytes(conn, file.id)?;
            Ok((file, bytes))
        })
    }

    /// Takes away what was never sent within a day; how much that was.
    pub fn sweep_uploads(&self, now: DateTime<Utc>) -> Done<usize> {
        let before = now - UNSENT_KEPT;
        let old = self.db.read(|conn| Ok::<_, Error>(stored::unsent(conn, before, BATCH)?))?;
        if old.is_empty() {
            return Ok(0);
        }
        self.db.write(move |tx| Ok(stored::sweep(tx.conn, &old)?))
    }
}

/// The files named in a reply or a note must wait with its writer, in the draft of this conversation or in none.
pub(super) fn waiting(conn: &mut Conn, by: &Agent, id: ConversationId, files: &[AttachmentId]) -> Done<()> {
    if files.len() > ATTACHMENTS {
        return Err(too_many().into());
    }
    match stored::wait(conn, by.id, id, files)? {
        true => Ok(()),
        false => Err(Refused::invalid("attachments", "A file is not there any more. Attach it again.").into()),
    }
}

/// Stores the files of a customer's message, inside the transaction that stores the message; as much as one of them may
/// leave here within a day.
pub(super) fn receive(tx: &mut Tx, by: ProfileId, files: &[Upload], at: DateTime<Utc>) -> Done<Vec<AttachmentId>> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let more: i64 = files.iter().map(|file| i64::try_from(file.bytes.len()).unwrap_or(i64::MAX)).sum();
    if stored::left_by(tx.conn, by, at - TimeDelta::days(1))? + more > SENDER_FILES_DAY {
        return Err(too_much().into());
    }
    let keep = |file| Ok(stored::insert(tx.conn, Actor::Customer(by), None, file, at)?.id);
    files.iter().take(ATTACHMENTS).map(keep).collect()
}

/// Takes them away again, inside the same transaction: their message must be looked at first.
pub(super) fn give_back(tx: &mut Tx, files: &[AttachmentId]) -> Done<()> {
    let files: Vec<i64> = files.iter().map(|id| id.0).collect();
    if !files.is_empty() {
        stored::sweep(tx.conn, &files)?;
    }
    Ok(())
}

/// The file, if it is there for these eyes.
fn seen(conn: &mut Conn, by: &Agent, name: &str) -> Done<Attachment> {
    let (file, home) = stored::find(conn, name)?;
    may_see(conn, by, home)?;
    Ok(file)
}

fn may_see(conn: &mut Conn, by: &Agent, home: Home) -> Done<()> {
    match home {
        Home { message: None, by: Actor::Agent(owner), .. } if owner == by.id => Ok(()),
        Home { message: Some(_), conversation: Some(id), .. } => {
            let conversation = conversations::find(conn, id)?;
            if visible_conversation(conn, by, &conversation).is_ok() {
                return Ok(());
            }
            // What was merged into another conversation is shown there.
            let into = conversation.merged_into.ok_or(Error::NotFound)?;
            let into = conversations::find(conn, into)?;
            visible_conversation(conn, by, &into)
        }
        Home { message: Some(_), conversation: None, interaction: Some(id), .. } => {
            seen_interaction(conn, by, id).map(drop)
        }
        Home { .. } => Err(Error::NotFound),
    }
}

/// Text, or nobody knows what.
fn plain(bytes: &[u8]) -> &'static str {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => "text/plain",
        _ => UNKNOWN,
    }
}

/// The size of a picture a page may show: one of four kinds whose head says the same as its first bytes, and no larger
/// than a browser can bear. Nothing is decoded.
fn pixels(kind: &str, bytes: &[u8]) -> Option<(i64, i64)> {
    use imagesize::ImageType;
    let head = imagesize::image_type(bytes).ok()?;
    let same = matches!(
        (kind, head),
        ("image/png", ImageType::Png)
            | ("image/jpeg", ImageType::Jpeg)
            | ("image/gif", ImageType::Gif)
            | ("image/webp", ImageType::Webp)
    );
    let size = imagesize::blob_size(bytes).ok().filter(|_| same)?;
    let (width, height) = (i64::try_from(size.width).ok()?, i64::try_from(size.height).ok()?);
    (width > 0 && height > 0 && width.checked_mul(height)? <= PICTURE_PIXELS).then_some((width, height))
}
