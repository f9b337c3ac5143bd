use futures_util::future::join_all;

use super::{BackendContext, open_backend, validate_request};
use reference::{Finding, Reason, SecretResponse, VaultQuery};

/// Asks all vaults at once, each for all that is wanted of it. What is not there within the time limit is not waited for.
pub async fn resolve_queries(errands: &[VaultQuery], context: &BackendContext) -> Vec<Vec<SecretResponse>> {
    join_all(errands.iter().map(|errand| resolve_query(errand, context))).await
}

async fn resolve_query(errand: &VaultQuery, context: &BackendContext) -> Vec<SecretResponse> {
    let all = |finding: Finding| vec![SecretResponse::Unavailable(finding); errand.requests.len()];
    let backend = match open_backend(&errand.target, context) {
        Ok(backend) => backend,
        Err(finding) => {
            // what cannot be right is so whoever asks
            let answer = |wanted| validate_request(&errand.target, wanted).unwrap_or_else(|| finding.clone());
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
    tokio::time::timeout(context.timeout, fetched)
        .await
        .unwrap_or_else(|_| all(timed_out_finding(errand, context)))
}

fn timed_out_finding(errand: &VaultQuery, context: &BackendContext) -> Finding {
    let (vault, seconds) = (&errand.target.name, context.timeout.as_secs());
    Finding::new(
        Reason::TimedOut,
        format!("the vault '{vault}' gave no answer within {seconds} seconds"),
    )
    .about(vault)
    .help("check that it can be reached from here")
}
