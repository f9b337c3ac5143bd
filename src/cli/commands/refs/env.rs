use std::collections::BTreeMap;

use super::check::prove;
use crate::cli::Outcome;
use crate::cli::args::{EnvArgs, EnvFormat, Global};
use crate::cli::documents;
use crate::cli::signals::unless_interrupted;
use crate::cli::stop::Done;
use crate::cli::teller::Teller;
use crate::reconcile::Proof;
use crate::reference::{FoundVault, Judged, Policy, Vaults, variable};
use crate::report::{self, Variable};
use crate::schema::Catalog;

/// Tells the variables that the references of state files ask of every data plane. No vault is asked for anything.
pub async fn run(global: &Global, args: &EnvArgs, teller: &mut Teller) -> Done {
    let catalog = Catalog::recorded();
    let Some(documents) = documents::read(&args.state, &args.scope, &catalog, teller) else {
        return Ok(Outcome::Invalid);
    };
    let proof = Proof::new(Policy::Off);
    let (catalog, proven) = unless_interrupted(prove(global, &catalog, &documents, &proof)).await??;
    teller.diagnostics(&proven.diagnostics, &documents.sources);
    let mut variables: BTreeMap<String, Variable> = BTreeMap::new();
    for one in &proven.judged {
        let Some(name) = name(one, &proven.vaults) else {
            continue;
        };
        let by = report::used_by(&catalog, &documents.desired, &documents.sources, one);
        let key = one.reference.as_ref().and_then(|reference| reference.key.clone());
        let variable = variables.entry(name).or_default();
        variable
            .keys
            .extend(key.map(|key| String::from_utf8_lossy(&key).into_owned()));
        variable.used_by.push(by);
    }
    report::to_stdout(&match args.format {
        EnvFormat::Dotenv => report::dotenv(&variables),
        EnvFormat::Kubernetes => report::secret_manifest(&variables),
    })?;
    Ok(Outcome::Done)
}

/// The variable that a reference names, if its vault is one of env. One that a template fills in is not told.
fn name(one: &Judged, vaults: &Vaults) -> Option<String> {
    let reference = one.reference.as_ref().filter(|_| !one.usage.filled)?;
    let vault = vaults.find(&one.vault()?).filter(|vault| vault.backend() == "env")?;
    let prefix = match vault {
        FoundVault::Entity(vault) => vault.option("prefix"),
        FoundVault::Backend(_) => None,
    };
    Some(variable(reference, prefix))
}
