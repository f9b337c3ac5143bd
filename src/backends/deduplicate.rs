use std::collections::{BTreeMap, BTreeSet};

use reference::{Finding, Reason, SecretResponse};

/// A response to each request, in their order. `fetch` is called once, with the distinct valid requests, and not at all if
/// there are none, so that nothing is sent then, not even for credentials. Its error is the response to all of them.
pub(crate) async fn fetch_deduplicated<R: Ord + Clone>(
    vault: &str,
    requests: impl Iterator<Item = Result<R, Finding>>,
    fetch: impl AsyncFnOnce(BTreeSet<R>) -> Result<BTreeMap<R, SecretResponse>, Finding>,
) -> Vec<SecretResponse> {
    let requests: Vec<Result<R, Finding>> = requests.collect();
    let distinct: BTreeSet<R> = requests.iter().flatten().cloned().collect();
    let responses = match distinct.is_empty() {
        true => Ok(BTreeMap::new()),
        false => fetch(distinct).await,
    };
    let find = |request: R| {
        let response = responses.as_ref().map_err(Clone::clone)?.get(&request).cloned();
        response.ok_or_else(|| no_response_finding(vault))
    };
    let found = requests.into_iter().map(|request| request.and_then(find));
    found
        .map(|response| response.unwrap_or_else(SecretResponse::Unavailable))
        .collect()
}

fn no_response_finding(vault: &str) -> Finding {
    Finding::new(Reason::ServerError, format!("the vault '{vault}' gives no answer"))
        .about(vault)
        .help("check that it can be reached from here")
}

#[cfg(test)]
mod tests {
    use super::*;
    use reference::Secret;

    fn text_response(text: &str) -> SecretResponse {
        SecretResponse::Text(Secret::new(text))
    }

    fn bad_resource_finding() -> Finding {
        Finding::new(Reason::BadResource, "bad")
    }

    fn parse_requests(names: &[&'static str]) -> impl Iterator<Item = Result<&'static str, Finding>> {
        names
            .iter()
            .map(|name| (*name != "bad").then_some(*name).ok_or_else(bad_resource_finding))
    }

    #[tokio::test]
    async fn each_is_fetched_once_and_every_request_has_its_response() {
        let fetch = async |distinct: BTreeSet<&'static str>| {
            assert_eq!(distinct, BTreeSet::from(["a", "b", "lost"]));
            Ok(BTreeMap::from([("a", text_response("1")), ("b", text_response("2"))]))
        };
        let responses = fetch_deduplicated("v", parse_requests(&["b", "bad", "a", "lost", "b"]), fetch).await;
        let missing = SecretResponse::Unavailable(no_response_finding("v"));
        assert_eq!(
            responses,
            [
                text_response("2"),
                SecretResponse::Unavailable(bad_resource_finding()),
                text_response("1"),
                missing,
                text_response("2")
            ]
        );
    }

    #[tokio::test]
    async fn an_error_is_the_response_to_every_valid_request() {
        let rejected = Finding::new(Reason::LoginRefused, "refused");
        let responses = fetch_deduplicated("v", parse_requests(&["a", "bad"]), async |_| Err(rejected.clone())).await;
        assert_eq!(
            responses,
            [
                SecretResponse::Unavailable(rejected),
                SecretResponse::Unavailable(bad_resource_finding())
            ]
        );
    }

    #[tokio::test]
    async fn nothing_is_fetched_without_a_valid_request() {
        let responses = fetch_deduplicated("v", parse_requests(&["bad"]), async |_| {
            unreachable!("nothing is wanted")
        })
        .await;
        assert_eq!(responses, [SecretResponse::Unavailable(bad_resource_finding())]);
    }
}
