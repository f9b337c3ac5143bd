//! The commands about references.

mod check;
mod conf;
mod env;
mod get;
mod list;
mod parse;

use crate::args::{GlobalArgs, RefsCommand};
use crate::command_error::CommandResult;
use crate::reporter::Reporter;

/// Does what `refs` is asked for.
pub async fn run(global: &GlobalArgs, command: &RefsCommand, teller: &mut Reporter) -> CommandResult {
    match command {
        RefsCommand::Parse(args) => parse::run(args),
        RefsCommand::Get(args) => get::run(global, args, teller).await,
        RefsCommand::Check(args) => check::run(global, args, teller).await,
        RefsCommand::Conf(args) => conf::run(global, args, teller).await,
        RefsCommand::Env(args) => env::run(global, args, teller).await,
        RefsCommand::List(args) => list::run(global, args, teller).await,
    }
}
