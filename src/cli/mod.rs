//! The command line: one file per command.

mod backup;
mod demo;
mod doctor;
mod migrate;
mod progress;
mod replay;
mod restore;
pub mod serve;
mod token;
mod user;
mod verify;

use crate::config::{Config, LogFormat};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser, Subcommand};
use std::io::IsTerminal;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// A support workspace: one live inbox for every customer contact.
#[derive(Parser)]
#[command(name = "switchboard", version)]
struct CommandLine {
    #[command(flatten)]
    config: Config,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server (also without a command)
    Serve,
    /// Run a filled workspace of a made-up company, to look around in
    Demo(demo::Demo),
    /// Who works here
    #[command(subcommand)]
    User(user::User),
    /// Keys for programs
    #[command(subcommand)]
    Token(token::Token),
    /// Bring the database up to date (a server does so at start)
    Migrate,
    /// Write everything to a file, while the server runs
    Backup(backup::Backup),
    /// Fill a new database from a backup, also one of the other kind
    Restore(restore::Restore),
    /// Do again what happened elsewhere, each thing at its moment
    Replay(replay::Replay),
    /// Compute every stage, state and clock again from the facts, and compare
    Verify,
    /// Look whether everything is in order, and change nothing
    Doctor,
}

/// Runs the command that was asked for.
pub fn run() -> ExitCode {
    let line = match CommandLine::try_parse() {
        Ok(line) => line,
        Err(error) => return explain(&error),
    };
    if let Err(sentence) = log(&line.config) {
        return fail(2, &sentence);
    }
    let done = match line.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::run(&line.config),
        Command::Demo(demo) => demo.run(&line.config),
        Command::User(user) => user.run(&line.config),
        Command::Token(token) => token.run(&line.config),
        Command::Migrate => migrate::run(&line.config),
        Command::Backup(backup) => backup.run(&line.config),
        Command::Restore(restore) => restore.run(&line.config),
        Command::Replay(replay) => replay.run(&line.config),
        Command::Verify => verify::run(&line.config),
        Command::Doctor => doctor::run(&line.config),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(1, &format!("{error:#}")),
    }
}

/// A wrong setting is answered in one sentence that names it.
fn explain(error: &clap::Error) -> ExitCode {
    let wrong = matches!(error.kind(), ErrorKind::ValueValidation | ErrorKind::InvalidValue);
    let (Some(ContextValue::String(flag)), true) = (error.get(ContextKind::InvalidArg), wrong) else {
        let _ = error.print();
        return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
    };
    let value = error.get(ContextKind::InvalidValue).map(ToString::to_string).unwrap_or_default();
    let reason =
        std::error::Error::source(error).map_or_else(|| format!("{value:?} is not possible"), ToString::to_string);
    fail(2, &format!("{}: {reason}", setting(flag)))
}

/// A setting by its two names, as in `SWITCHBOARD_BIND (--bind)`.
fn setting(flag: &str) -> String {
    let mut command = CommandLine::command();
    command.build();
    let argument = command.get_arguments().find(|argument| argument.to_string() == flag);
    let variable = argument.and_then(|argument| argument.get_env()?.to_str());
    let short = flag.split(' ').next().unwrap_or(flag);
    variable.map_or_else(|| flag.to_string(), |variable| format!("{variable} ({short})"))
}

fn fail(code: u8, sentence: &str) -> ExitCode {
    eprintln!("switchboard: {sentence}");
    ExitCode::from(code)
}

fn log(config: &Config) -> Result<(), String> {
    let filter = EnvFilter::try_new(&config.log).map_err(|error| format!("SWITCHBOARD_LOG: {error}"))?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let lines = lines.with_ansi(std::io::stderr().is_terminal());
    match config.log_format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().init(),
    }
    Ok(())
}
