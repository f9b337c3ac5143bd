use futures_util::future::join_all;

use super::{BackendContext, open_backend, validate_request};
use reference::{Finding, Reason, SecretResponse, VaultQuery};

/// Resolves the queries of all vaults concurrently. A vault that takes longer than the time limit is not waited for.
pub async fn resolve_queries(queries: &[VaultQuery], context: &BackendContext) -> Vec<Vec<SecretResponse>> {
    join_all(queries.iter().map(|query| resolve_query(query, context))).await
}

async fn resolve_query(query: &VaultQuery, context: &BackendContext) -> Vec<SecretResponse> {
    let unavailable = |finding: Finding| vec![SecretResponse::Unavailable(finding); query.requests.len()];
    let backend = match open_backend(&query.target, context) {
        Ok(backend) => backend,
        Err(finding) => {
            // an invalid request is invalid with any credentials
            let respond = |request| validate_request(&query.target, request).unwrap_or_else(|| finding.clone());
            return query
                .requests
                .iter()
                .map(respond)
                .map(SecretResponse::Unavailable)
                .collect();
        }
    };
    tracing::debug!(
        vault = query.target.name,
        backend = query.target.backend,
        secrets = query.requests.len(),
        "asking"
    );
    let fetched = backend.fetch(&query.requests);
    tokio::time::timeout(context.timeout, fetched)
        .await
        .unwrap_or_else(|_| unavailable(timed_out_finding(query, context)))
}

fn timed_out_finding(query: &VaultQuery, context: &BackendContext) -> Finding {
    let (vault, seconds) = (&query.target.name, context.timeout.as_secs());
    Finding::new(
        Reason::TimedOut,
        format!("the vault '{vault}' gave no answer within {seconds} seconds"),
    )
    .about(vault)
    .help("check that it can be reached from here")
}
