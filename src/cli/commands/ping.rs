use crate::Outcome;
use crate::args::Global;
use crate::connection::connect;
use crate::stop::{Done, Stop};
use crate::teller::Teller;
use schema::Catalog;

/// Says whether the control plane answers, and its version.
pub async fn run(global: &Global, teller: &mut Teller) -> Done {
    let connection = connect(global, &Catalog::recorded())?;
    let root = connection.root().await.map_err(Stop::unread)?;
    teller.connected(root.version.as_deref())?;
    Ok(Outcome::Done)
}
