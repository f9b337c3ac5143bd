use futures_util::future::join_all;

use super::{Context, malformed, open};
use reference::{Finding, Reason, SecretResponse, VaultQuery};

/// Asks all vaults at once, each for all that is wanted of it. What is not there within the time limit is not waited for.
pub async fn resolve(errands: &[VaultQuery], context: &Context) -> Vec<Vec<SecretResponse>> {
    join_all(errands.iter().map(|errand| one(errand, context))).await
}

async fn one(errand: &VaultQuery, context: &Context) -> Vec<SecretResponse> {
    let all = |finding: Finding| vec![SecretResponse::Unavailable(finding); errand.requests.len()];
    let backend = match open(&errand.target, context) {
        Ok(backend) => backend,
        Err(finding) => {
            // what cannot be right is so whoever asks
            let answer = |wanted| malformed(&errand.target, wanted).unwrap_or_else(|| finding.clone());
            return errand
                .requests
                .iter()
                .map(answer)
                .map(SecretResponse::Unavailable)
                .collect();
        }
    };
    tracing::debug!(
        vault = errand.target.name,
        backend = errand.target.backend,
        secrets = errand.requests.len(),
        "asking"
    );
    let fetched = backend.fetch(&errand.requests);
    tokio::time::timeout(context.limit, fetched)
        .await
        .unwrap_or_else(|_| all(timed_out(errand, context)))
}

fn timed_out(errand: &VaultQuery, context: &Context) -> Finding {
    let (vault, seconds) = (&errand.target.name, context.limit.as_secs());
    Finding::new(
        Reason::TimedOut,
        format!("the vault '{vault}' gave no answer within {seconds} seconds"),
    )
    .about(vault)
    .help("check that it can be reached from here")
}
