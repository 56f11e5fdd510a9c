//! The demo goes on: every few seconds a customer writes, and now and then an agent answers, so that open pages move.

use super::content::{Step, email};
use super::fill::SIGN_INS;
use super::plan::{Planner, Unfinished};
use crate::desk::Desk;
use crate::desk::replay::{Outcome, Replay};
use std::thread;
use std::time::Duration;

/// Goes on until the process ends.
pub fn start(desk: Desk, mut planner: Planner, mut unfinished: Vec<Unfinished>) -> std::io::Result<()> {
    let go_on = move || {
        loop {
            thread::sleep(Duration::from_millis(planner.random.u64(2500..9000)));
            let chosen = choose(&mut planner, &mut unfinished);
            let Some(mut story) = chosen else { continue };
            if happens(&desk, &story) {
                story.next += 1;
                if story.next < story.plot.story.steps.len() {
                    unfinished.push(story);
                }
            }
        }
    };
    thread::Builder::new().name("trickle".into()).spawn(go_on).map(drop)
}

/// A new customer now and then; else a story that goes on, more often by its customer than by an agent. Nobody answers
/// for who may have signed in.
fn choose(planner: &mut Planner, unfinished: &mut Vec<Unfinished>) -> Option<Unfinished> {
    if unfinished.len() < 60 || planner.random.u8(..10) < 3 {
        return planner.fresh();
    }
    let by_customer = planner.random.u8(..10) < 6;
    let suits = |story: &Unfinished| match story.plot.story.steps.get(story.next) {
        Some(Step::Customer(_)) => by_customer,
        Some(_) => !by_customer && !SIGN_INS.contains(&story.plot.agent.0),
        None => false,
    };
    let all: Vec<usize> = unfinished.iter().enumerate().filter(|(_, s)| suits(s)).map(|(n, _)| n).collect();
    let chosen = planner.random.choice(&all).copied()?;
    Some(unfinished.swap_remove(chosen))
}

/// Plays the next step. What the people at the pages have made impossible meanwhile does not happen, and ends the story.
fn happens(desk: &Desk, story: &Unfinished) -> bool {
    let mut replay = Replay::at(desk.clone());
    let plot = &story.plot;
    let mut lines = plot.lines(story.next);
    if story.next == 0 {
        lines.extend(plot.triage());
    }
    lines.into_iter().all(|mut line| {
        line.at = desk.clock.now();
        match replay.play(&line) {
            Ok(Outcome::Done) => true,
            Ok(Outcome::Bad(reason)) => {
                tracing::debug!("{} by {} did not happen: {reason}", line.act, email(plot.agent.0));
                false
            }
            Ok(Outcome::Skipped) => false,
            Err(error) => {
                tracing::warn!(%error, "the demo stands still for a moment");
                false
            }
        }
    })
}
