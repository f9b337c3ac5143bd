use crate::cli::Outcome;
use crate::cli::args::Global;
use crate::cli::connection::connect;
use crate::cli::stop::{Done, Stop};
use crate::cli::teller::Teller;
use crate::schema::Catalog;

/// Says whether the control plane answers, and its version.
pub async fn run(global: &Global, teller: &mut Teller) -> Done {
    let connection = connect(global, &Catalog::recorded())?;
    let root = connection.root().await.map_err(Stop::unread)?;
    teller.connected(root.version.as_deref())?;
    Ok(Outcome::Done)
}
