//! Passwords: at least eight characters, any characters, none of those that everybody tries first.

use zxcvbn::{Score, zxcvbn};

use super::{SignedIn, access};
use crate::desk::{Desk, Error};
use crate::domain::{Agent, Refused, Role};
use crate::store::{Conn, agents, sessions};

/// The shortest and the longest password, in characters.
const LENGTH: std::ops::RangeInclusive<usize> = 8..=256;
/// Words that passwords are made of, one a line; `word*` stands for the word with digits and signs after it. Beyond the
/// thirty thousand passwords that zxcvbn knows: it takes the signs after a word for more than they are worth.
const COMMON: &str = include_str!("common_passwords.txt");
/// The lowest score that is taken: a million tries do not find it.
const FEWEST: Score = Score::Two;
/// The longest e-mail address and name, in characters.
const EMAIL_CHARS: usize = 254;
const NAME_CHARS: usize = 100;
/// What the password of an unknown address is compared with, so that it takes as long as a known one.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c3dpdGNoYm9hcmQtbm9ib2R5$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

impl Desk {
    /// The agent of that address, if the password is right. An unknown address takes as long as a wrong password.
    /// Costs tens of milliseconds of a core: the caller limits how many run at once.
    pub fn check_password(&self, email: &str, password: &str) -> Result<Option<Agent>, Error> {
        let found = super::found_or_none(self.db.read(|conn| {
            let agent = agents::by_email(conn, email)?;
            Ok((agents::password_hash(conn, agent.id)?, agent))
        }))?;
        let found = found.and_then(|(stored, agent)| Some((agent, stored?)));
        let stored = found.as_ref().map_or(NOBODY, |(_, stored)| stored);
        let right = password_auth::verify_password(password, stored).is_ok();
        Ok(found.filter(|_| right).map(|(agent, _)| agent))
    }

    /// Changes one's own password, which takes the current one, and ends all other sessions.
    pub fn change_password(&self, me: &SignedIn, current: &str, new: &str) -> Result<(), Error> {
        self.check_own_password(&me.agent, current)?;
        self.set_password(&me.agent, new, Some(me))
    }

    /// Whether somebody who is signed in is who they say: what guards their account takes the password again.
    pub fn check_own_password(&self, agent: &Agent, current: &str) -> Result<(), Error> {
        let stored = self.db.read(|conn| agents::password_hash(conn, agent.id))?;
        let right = stored.is_some_and(|stored| password_auth::verify_password(current, &stored).is_ok());
        right.then_some(()).ok_or_else(|| Refused::invalid("current", "That is not your current password.").into())
    }

    /// Sets a password, and ends the agent's sessions except where `but` says.
    pub fn set_password(&self, agent: &Agent, password: &str, but: Option<&SignedIn>) -> Result<(), Error> {
        check(password, &agent.email, &agent.name)?;
        let stored = password_auth::generate_hash(password);
        let (id, node, kept) = (agent.id, self.db.node().to_owned(), but.map(|but| but.session.id));
        self.noted("password set", agent.email.clone(), move |tx| {
            agents::set_password(tx.conn, id, &stored)?;
            access::tell(tx.conn, &node)?;
            Ok(sessions::end_all(tx.conn, id, kept)?)
        })?;
        self.close_sockets(agent.id, but);
        Ok(())
    }

    /// Adds somebody who works here. Without a password they cannot sign in yet.
    pub fn add_agent(&self, email: &str, name: &str, role: Role, password: Option<&str>) -> Result<Agent, Error> {
        let new = Newcomer::new(email, name, role, password)?;
        let now = self.clock.now();
        self.noted("agent added", new.told(), move |tx| new.insert(tx.conn, now))
    }

    /// The agent of that address.
    pub fn agent_of(&self, email: &str) -> Result<Agent, Error> {
        Ok(self.db.read(|conn| agents::by_email(conn, email))?)
    }
}

/// Somebody new, checked, with the password already made a hash: that takes too long for a transaction.
pub(super) struct Newcomer {
    email: String,
    name: String,
    role: Role,
    password_hash: Option<String>,
}

impl Newcomer {
    pub(super) fn new(email: &str, name: &str, role: Role, password: Option<&str>) -> Result<Newcomer, Refused> {
        let (email, name) = (email.trim().to_lowercase(), name.trim().to_owned());
        if !is_address(&email) {
            return Err(Refused::invalid("email", "Write an e-mail address, as in ada@example.com."));
        }
        if name.is_empty() || name.chars().count() > NAME_CHARS || name.chars().any(char::is_control) {
            return Err(Refused::invalid("name", "Write a name of at most 100 characters."));
        }
        password.map_or(Ok(()), |password| check(password, &email, &name))?;
        Ok(Newcomer { email, name, role, password_hash: password.map(password_auth::generate_hash) })
    }

    /// As the security log tells it.
    pub(super) fn told(&self) -> String {
        format!("{}: role {}", self.email, self.role.as_str())
    }

    pub(super) fn insert(&self, conn: &mut Conn, now: chrono::DateTime<chrono::Utc>) -> Result<Agent, Error> {
        let added = agents::insert(conn, &self.email, &self.name, self.role, self.password_hash.as_deref(), now);
        let id = added.map_err(|error| match error {
            error if error.is_unique_violation() => {
                Refused::invalid("email", "Somebody with this address works here already.").into()
            }
            error => Error::from(error),
        })?;
        Ok(agents::find(conn, id)?)
    }
}

/// Whether mail could be sent there: one @, something before it, a host after it, nothing invisible.
fn is_address(text: &str) -> bool {
    let Some((name, host)) = text.split_once('@') else { return false };
    let fine = |part: &str| {
        !part.is_empty() && part.chars().all(|c| !c.is_whitespace() && !c.is_control() && !"@<>,;\"()".contains(c))
    };
    fine(name) && fine(host) && text.chars().count() <= EMAIL_CHARS
}

/// Whether a password may be chosen by the person of that address and name.
fn check(password: &str, email: &str, name: &str) -> Result<(), Refused> {
    let folded = password.to_lowercase();
    let own = [email, email.split('@').next().unwrap_or(email), name, "switchboard"];
    let sentence = if password.chars().count() < *LENGTH.start() {
        "Use at least 8 characters."
    } else if password.chars().count() > *LENGTH.end() {
        "Use at most 256 characters."
    } else if own.iter().any(|word| word.to_lowercase() == folded) {
        "Your password must not be your name or address."
    } else if COMMON.lines().any(|common| is_common(&folded, common)) || zxcvbn(password, &own).score() < FEWEST {
        "This is one of the passwords that everybody tries first."
    } else {
        return Ok(());
    };
    Err(Refused::invalid("password", sentence))
}

fn is_common(password: &str, common: &str) -> bool {
    match common.strip_suffix('*') {
        Some(word) => password.strip_prefix(word).is_some_and(|rest| !rest.contains(char::is_alphabetic)),
        None => password == common,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(password: &str) -> Option<String> {
        check(password, "ada.lovelace@example.com", "Ada Lovelace").err().map(|refused| refused.to_string())
    }

    #[test]
    fn short_common_and_own_words_are_refused_and_everything_else_is_taken() {
        for bad in [
            "",
            "1234567",
            "password1",
            "Welcome-2031!",
            "abc 8 8 8 8",
            "QWERTYUIOP",
            "        x",
            "trustno1",
            "liverpoolfc",
            "1qaz2wsx3edc",
            "charlie12",
            "ada lovelace",
            "Ada.Lovelace",
            "ada.lovelace@example.com",
        ] {
            assert!(refused(bad).is_some(), "{bad}");
        }
        for good in ["ada@desk.example is in the house", "ünïcödé wörds", &"a long song about nothing, ".repeat(9)]
        {
            assert_eq!(refused(good), None, "{good}");
        }
    }

    #[test]
    fn an_unknown_address_costs_as_much_as_a_known_one() {
        let costs =
            |hash: &str| hash.rsplit_once('$').map(|(head, _)| head.split("$").take(4).collect::<Vec<_>>().join("$"));
        assert_eq!(costs(NOBODY), costs(&password_auth::generate_hash("x")));
        assert!(matches!(
            password_auth::verify_password("x", NOBODY),
            Err(password_auth::VerifyError::PasswordInvalid)
        ));
    }

    #[test]
    fn addresses_are_checked_for_what_makes_no_sense() {
        for bad in ["", "ada", "@example.com", "ada@", "a@b@c", "a b@c", "a@b\n"] {
            assert!(!is_address(bad), "{bad}");
        }
        assert!(is_address("ada+desk@example.com"));
    }
}
