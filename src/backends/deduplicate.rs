use std::collections::{BTreeMap, BTreeSet};

use reference::{Finding, Reason, SecretResponse};

/// An answer to each wish, in their order; one that cannot be is answered by what is wrong about it. `ask` is given each
/// of the others once, and is left alone if there are none: then nobody is asked, not even for credentials. What it cannot
/// do, it cannot do for any of them.
pub async fn fetch_deduplicated<W: Ord + Clone>(
    vault: &str,
    wishes: impl Iterator<Item = Result<W, Finding>>,
    ask: impl AsyncFnOnce(BTreeSet<W>) -> Result<BTreeMap<W, SecretResponse>, Finding>,
) -> Vec<SecretResponse> {
    let wishes: Vec<Result<W, Finding>> = wishes.collect();
    let distinct: BTreeSet<W> = wishes.iter().flatten().cloned().collect();
    let answers = match distinct.is_empty() {
        true => Ok(BTreeMap::new()),
        false => ask(distinct).await,
    };
    let answer = |wish: W| {
        let answer = answers.as_ref().map_err(Clone::clone)?.get(&wish).cloned();
        answer.ok_or_else(|| no_answer_finding(vault))
    };
    let answers = wishes.into_iter().map(|wish| wish.and_then(answer));
    answers
        .map(|answer| answer.unwrap_or_else(SecretResponse::Unavailable))
        .collect()
}

fn no_answer_finding(vault: &str) -> Finding {
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

    fn parse_requests(of: &[&'static str]) -> impl Iterator<Item = Result<&'static str, Finding>> {
        of.iter()
            .map(|wish| (*wish != "bad").then_some(*wish).ok_or_else(bad_resource_finding))
    }

    #[tokio::test]
    async fn each_is_asked_for_once_and_every_place_has_its_answer() {
        let ask = async |asked: BTreeSet<&'static str>| {
            assert_eq!(asked, BTreeSet::from(["a", "b", "lost"]));
            Ok(BTreeMap::from([("a", text_response("1")), ("b", text_response("2"))]))
        };
        let answers = fetch_deduplicated("v", parse_requests(&["b", "bad", "a", "lost", "b"]), ask).await;
        let lost = SecretResponse::Unavailable(no_answer_finding("v"));
        assert_eq!(
            answers,
            [
                text_response("2"),
                SecretResponse::Unavailable(bad_resource_finding()),
                text_response("1"),
                lost,
                text_response("2")
            ]
        );
    }

    #[tokio::test]
    async fn what_holds_for_all_is_told_of_each_that_could_be_asked_for() {
        let refused = Finding::new(Reason::LoginRefused, "refused");
        let answers = fetch_deduplicated("v", parse_requests(&["a", "bad"]), async |_| Err(refused.clone())).await;
        assert_eq!(
            answers,
            [
                SecretResponse::Unavailable(refused),
                SecretResponse::Unavailable(bad_resource_finding())
            ]
        );
    }

    #[tokio::test]
    async fn nobody_is_asked_for_nothing() {
        let answers = fetch_deduplicated("v", parse_requests(&["bad"]), async |_| {
            unreachable!("nothing is wanted")
        })
        .await;
        assert_eq!(answers, [SecretResponse::Unavailable(bad_resource_finding())]);
    }
}
