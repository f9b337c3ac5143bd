use futures_util::future::join_all;

use super::{Context, malformed, open};
use reference::{Errand, Fetched, Finding, Reason};

/// Asks all vaults at once, each for all that is wanted of it. What is not there within the time limit is not waited for.
pub async fn resolve(errands: &[Errand], context: &Context) -> Vec<Vec<Fetched>> {
    join_all(errands.iter().map(|errand| one(errand, context))).await
}

async fn one(errand: &Errand, context: &Context) -> Vec<Fetched> {
    let all = |finding: Finding| vec![Fetched::No(finding); errand.wanted.len()];
    let backend = match open(&errand.target, context) {
        Ok(backend) => backend,
        Err(finding) => {
            // what cannot be right is so whoever asks
            let answer = |wanted| malformed(&errand.target, wanted).unwrap_or_else(|| finding.clone());
            return errand.wanted.iter().map(answer).map(Fetched::No).collect();
        }
    };
    tracing::debug!(
        vault = errand.target.name,
        backend = errand.target.backend,
        secrets = errand.wanted.len(),
        "asking"
    );
    let fetched = backend.fetch(&errand.wanted);
    tokio::time::timeout(context.limit, fetched)
        .await
        .unwrap_or_else(|_| all(timed_out(errand, context)))
}

fn timed_out(errand: &Errand, context: &Context) -> Finding {
    let (vault, seconds) = (&errand.target.name, context.limit.as_secs());
    Finding::new(
        Reason::TimedOut,
        format!("the vault '{vault}' gave no answer within {seconds} seconds"),
    )
    .about(vault)
    .help("check that it can be reached from here")
}
