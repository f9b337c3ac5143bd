use crate::cli::Outcome;
use crate::cli::args::Global;
use crate::cli::connection::connect;
use crate::cli::stop::{Done, Stop};
use crate::report;
use crate::schema::Catalog;

/// Says whether the control plane answers, and its version.
pub async fn run(global: &Global) -> Done {
    let connection = connect(global, &Catalog::recorded())?;
    let root = connection.root().await.map_err(Stop::unread)?;
    let version = root.version.as_deref().unwrap_or("not told to this token");
    report::to_stdout(&format!("Successfully connected to Kong!\nKong version:  {version}\n"))?;
    Ok(Outcome::Done)
}
