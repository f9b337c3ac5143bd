//! On Enterprise prefixes of vaults resolve across all workspaces: a name is unknown only if all could be looked through.

use crate::common::{InstantClock, Node, run};
use strongroom::control_plane::{Client, Request, Response, Transport, TransportError};
use strongroom::embedded::EmbeddedTransport;
use strongroom::reconcile::{RunOptions, VerifyOptions, prepare};
use strongroom::reference::{Policy, Reason};

const STATE: &str = "_format_version: \"3.0\"\nvaults:\n- {name: env, prefix: near}\nplugins:\n\
    - {name: http-log, config: {http_endpoint: '{vault://near/a}'}}\n\
    - {name: datadog, config: {host: '{vault://far/a}'}}\n\
    - {name: loggly, config: {key: '{vault://nowhere/a}'}}\n";

/// An Enterprise node with the workspaces `default`, `one` and `two`; answers some paths with a status of its own.
struct Enterprise {
    inner: EmbeddedTransport,
    refused: &'static [(&'static str, u16)],
}

impl Transport for Enterprise {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let refused = self.refused.iter().find(|(path, _)| request.path.starts_with(path));
        let vault = r#"{"data": [{"id": "11111111-1111-4111-8111-111111111111", "name": "env", "prefix": "far",
            "config": {"prefix": "X_"}}], "next": null}"#;
        let (status, body) = match (refused, request.path.as_str()) {
            (Some((_, status)), _) => (*status, r#"{"message": "no"}"#),
            (_, "/") => (
                200,
                r#"{"version": "3.10.0.0-enterprise-edition", "configuration": {"loaded_vaults": {"env": true}}}"#,
            ),
            (_, "/workspaces?size=1000") => (
                200,
                r#"{"data": [{"name": "default"}, {"name": "one"}], "offset": "next page"}"#,
            ),
            (_, "/workspaces?size=1000&offset=next%20page") => (200, r#"{"data": [{"name": "two"}]}"#),
            (_, "/one/vaults?size=1000") => (200, r#"{"data": {}, "next": null}"#),
            (_, "/two/vaults?size=1000") => (200, vault),
            _ => return self.inner.send(request).await,
        };
        Ok(Response {
            status,
            retry_after: None,
            body: body.as_bytes().to_vec(),
        })
    }
}

/// What is known of the references to `far` and to `nowhere`.
async fn judged(refused: &'static [(&'static str, u16)]) -> [Reason; 2] {
    let node = Node::new();
    let transport = Enterprise {
        inner: node.transport(),
        refused,
    };
    let client: Client<Enterprise, InstantClock> = crate::common::client(transport);
    let desired = run::declared(&node.catalog, STATE);
    let options = RunOptions {
        verify_options: VerifyOptions::new(Policy::Off),
        ..RunOptions::default()
    };
    let prepared = prepare(&client, &node.catalog, &desired, &options, None)
        .await
        .expect("a plan");
    ["far", "nowhere"].map(|name| {
        let of_vault = |one: &&strongroom::reference::Assessment| one.vault_name().as_deref() == Some(name);
        let one = prepared.assessments.iter().find(of_vault).expect("a reference");
        one.finding.reason
    })
}

#[tokio::test]
async fn vaults_of_other_workspaces_count() {
    assert_eq!(judged(&[]).await, [Reason::NotAsked, Reason::UnknownVault]);
}

#[tokio::test]
async fn what_could_not_all_be_listed_proves_nothing() {
    let unreadable = Reason::VaultsUnreadable;
    for refused in [&[("/workspaces", 403)], &[("/workspaces", 400)], &[("/two", 403)]] {
        assert_eq!(judged(refused).await, [unreadable, unreadable], "{refused:?}");
    }
    assert_eq!(judged(&[("/one", 403)]).await, [Reason::NotAsked, unreadable]);
}

#[tokio::test]
async fn a_node_without_workspaces_has_no_others() {
    assert_eq!(judged(&[("/workspaces", 404)]).await, [Reason::UnknownVault; 2]);
}
