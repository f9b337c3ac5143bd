//! The commands about references.

mod check;
mod conf;
mod env;
mod get;
mod list;
mod parse;

use crate::args::{Global, RefsCommand};
use crate::stop::Done;
use crate::teller::Teller;

/// Does what `refs` is asked for.
pub async fn run(global: &Global, command: &RefsCommand, teller: &mut Teller) -> Done {
    match command {
        RefsCommand::Parse(args) => parse::run(args),
        RefsCommand::Get(args) => get::run(global, args, teller).await,
        RefsCommand::Check(args) => check::run(global, args, teller).await,
        RefsCommand::Conf(args) => conf::run(global, args, teller).await,
        RefsCommand::Env(args) => env::run(global, args, teller).await,
        RefsCommand::List(args) => list::run(global, args, teller).await,
    }
}
