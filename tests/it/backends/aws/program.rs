//! The whole program: where credentials are found in a machine's own environment, what is asked for, and what shows.

use sha1::{Digest, Sha1};

use super::server::{Aws, ID, KEY, ROLE, TOKEN, error, operations};
use super::signature::key_id;
use crate::common::fake_server::{FakeServer, ReceivedRequest, Reply};
use crate::common::sandbox::{CommandOutput, Sandbox, verdict};

/// A vault that says nothing of where AWS is, and a plugin that refers to a secret of it.
const STATE: &str = "_format_version: \"3.0\"\nvaults:\n- {name: aws, prefix: my-aws, config: {region: eu-west-1}}\nplugins:\n\
                     - {name: http-log, config: {http_endpoint: 'http://h', headers: {x-key: '{vault://my-aws/pg/url}'}}}\n";

fn aws() -> Aws {
    Aws::default().text("pg", r#"{"url":"canary-7f3a"}"#)
}

fn found(sandbox: &Sandbox, fake: &FakeServer, variables: &[(&str, &str)]) -> bool {
    let url = fake.url();
    let variables = [&[("AWS_ENDPOINT_URL_SECRETS_MANAGER", url.as_str())], variables].concat();
    let verdicts = sandbox.verdicts(STATE, &[], &variables);
    assert!(verdicts.len() == 1, "{verdicts:?}");
    verdicts == verdict("found", "secret_found")
}

#[test]
fn without_credentials_it_is_not_checkable_and_said_once() {
    let (sandbox, fake) = (Sandbox::new(), aws().start());
    let machine = FakeServer::start(|_| Reply::new(200, ""));
    let (url, metadata) = (fake.url(), machine.url());
    let variables = [
        ("AWS_ENDPOINT_URL", url.as_str()),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &metadata),
    ];
    let two = STATE.to_owned() + "- {name: loggly, config: {key: '{vault://my-aws/other/url}'}}\n";
    let ran = sandbox.diff(&two, &[], &variables).ends(0);
    let ran = ran
        .tells("there are no credentials for AWS here")
        .tells("STRONGROOM_VAULT_MY_AWS_METADATA=true");
    assert_eq!(ran.err.matches("there are no credentials").count(), 1, "{}", ran.err);
    sandbox.diff(STATE, &["--references", "strict"], &variables).ends(3);
    assert!(fake.bytes().is_empty() && machine.bytes().is_empty());
}

#[test]
fn a_profile_gives_credentials_and_region() {
    let (sandbox, fake) = (Sandbox::new(), aws().start());
    let keys = |name: &str, id: &str| format!("[{name}]\naws_access_key_id = {id}\naws_secret_access_key = {KEY}\n");
    let text = keys("default", "AKIAOTHER") + &keys("ours", ID);
    sandbox.file("home/.aws/credentials", &text);
    sandbox.file("home/.aws/config", "[profile ours]\nregion = eu-west-1\n");
    assert!(!found(&sandbox, &fake, &[]));
    assert!(found(&sandbox, &fake, &[("AWS_PROFILE", "ours")]));
    assert!(found(&sandbox, &fake, &[("STRONGROOM_VAULT_MY_AWS_PROFILE", "ours")]));

    let nowhere = STATE.replace(", config: {region: eu-west-1}", "");
    let url = fake.url();
    let variables = [("AWS_ENDPOINT_URL", url.as_str()), ("AWS_PROFILE", "ours")];
    assert_eq!(
        sandbox.verdicts(&nowhere, &[], &variables),
        verdict("found", "secret_found")
    );
    let told = sandbox.diff(&nowhere, &[], &variables[..1]).ends(0);
    told.tells("names no region of AWS");
    let missing = [variables[0], ("AWS_PROFILE", "none")];
    assert_ne!(sandbox.verdicts(STATE, &[], &missing), verdict("found", "secret_found"));
}

#[test]
fn a_program_that_a_profile_names_gives_credentials() {
    let (sandbox, fake) = (Sandbox::new(), aws().start());
    let given = format!(r#"{{"Version": 1, "AccessKeyId": "{ID}", "SecretAccessKey": "{KEY}"}}"#);
    let given = sandbox.file("given.json", &given);
    let config = |program: &str| {
        sandbox.file(
            "home/.aws/config",
            &format!("[default]\ncredential_process = {program}\n"),
        )
    };
    config(&format!("/bin/cat {given}"));
    assert!(found(&sandbox, &fake, &[]));
    config("/bin/false");
    assert!(!found(&sandbox, &fake, &[]));
}

#[test]
fn a_single_sign_on_gives_credentials() {
    let (sandbox, fake) = (Sandbox::new(), aws().start());
    let portal = FakeServer::start(|heard| match heard.header("x-amz-sso_bearer_token") {
        Some("canary-7f3a-sso") => Reply::new(
            200,
            format!(
                r#"{{"roleCredentials": {{"accessKeyId": "{}", "secretAccessKey": "{}", "sessionToken": "{}", "expiration": 4070908800000}}}}"#,
                ROLE[0], ROLE[1], ROLE[2]
            ),
        ),
        _ => Reply::new(401, r#"{"__type": "UnauthorizedException", "message": "canary-7f3a"}"#),
    });
    let start = "https://sso.example/start";
    sandbox.file("home/.aws/config", &format!("[default]\nsso_start_url = {start}\nsso_region = eu-west-1\nsso_account_id = 123456789012\nsso_role_name = ci\n"));
    let url = portal.url();
    let sso = ("AWS_ENDPOINT_URL_SSO", url.as_str());
    let ran = sandbox.diff(STATE, &[], &[sso]).ends(0);
    ran.tells("gives none for the vault 'my-aws'");
    let name: String = Sha1::digest(start).iter().map(|byte| format!("{byte:02x}")).collect();
    let cached = |token: &str| {
        let text = format!(
            r#"{{"accessToken": "{token}", "expiresAt": "2099-01-01T00:00:00Z", "region": "eu-west-1", "startUrl": "{start}"}}"#
        );
        sandbox.file(&format!("home/.aws/sso/cache/{name}.json"), &text)
    };
    cached("canary-7f3a-sso");
    assert!(found(&sandbox, &fake, &[sso]));
    cached("canary-7f3a-old");
    assert!(!found(&sandbox, &fake, &[sso]));
}

#[test]
fn a_web_identity_gives_credentials() {
    let (sandbox, fake) = (Sandbox::new(), aws().start());
    let space = r#"xmlns="https://sts.amazonaws.com/doc/2011-06-15/""#;
    let given = format!(
        "<AssumeRoleWithWebIdentityResponse {space}><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>{}</AccessKeyId><SecretAccessKey>{}</SecretAccessKey><SessionToken>{}</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>",
        ROLE[0], ROLE[1], ROLE[2]
    );
    let sts = FakeServer::start(move |heard: &ReceivedRequest| {
        match heard.body.contains("WebIdentityToken=canary-7f3a-jwt") {
            true => Reply::new(200, given.clone()),
            false => Reply::new(
                400,
                format!(
                    "<ErrorResponse {space}><Error><Type>Sender</Type><Code>InvalidIdentityToken</Code><Message>canary-7f3a</Message></Error></ErrorResponse>"
                ),
            ),
        }
    });
    let sts_url = sts.url();
    let token = sandbox.file("jwt", "canary-7f3a-jwt");
    let wrong = sandbox.file("wrong", "canary-7f3a-other");
    let variables = |file| {
        [
            ("AWS_ENDPOINT_URL_STS", sts_url.as_str()),
            ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/ci"),
            ("AWS_WEB_IDENTITY_TOKEN_FILE", file),
        ]
    };
    assert!(found(&sandbox, &fake, &variables(&token)));
    assert_eq!(key_id(&fake.requests()[0]), Some(ROLE[0]));
    let ran = sandbox.diff(STATE, &[], &variables(&wrong)).ends(3);
    ran.tells("AWS STS").tells("refuses the credentials");
}

#[test]
fn a_container_gives_credentials() {
    let (sandbox, fake) = (Sandbox::new(), aws().start());
    let container = FakeServer::start(|heard| match heard.header("authorization") {
        Some("canary-7f3a-container") => Reply::new(200, given()),
        _ => Reply::new(401, ""),
    });
    let url = format!("{}/credentials", container.url());
    let uri = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", url.as_str());
    assert!(found(
        &sandbox,
        &fake,
        &[uri, ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "canary-7f3a-container")]
    ));
    assert!(!found(&sandbox, &fake, &[uri]));
}

#[test]
fn a_virtual_machine_is_asked_for_credentials_only_if_that_is_wanted() {
    let (sandbox, fake) = (Sandbox::new(), aws().start());
    let metadata = FakeServer::start(|heard: &ReceivedRequest| {
        let lives = vec![("x-aws-ec2-metadata-token-ttl-seconds", "600".to_owned())];
        match (heard.method.as_str(), heard.path.as_str()) {
            ("PUT", "/latest/api/token") => Reply(200, lives, "canary-7f3a-imds".to_owned()),
            _ if heard.header("x-aws-ec2-metadata-token") != Some("canary-7f3a-imds") => Reply::new(401, ""),
            ("GET", path) if path.trim_end_matches('/').ends_with("security-credentials") => Reply::new(200, "ci"),
            ("GET", path) if path.trim_end_matches('/').ends_with("security-credentials-extended") => {
                Reply::new(404, "")
            }
            _ => Reply::new(200, given()),
        }
    });
    let url = metadata.url();
    let server = ("AWS_EC2_METADATA_SERVICE_ENDPOINT", url.as_str());
    assert!(!found(&sandbox, &fake, &[server]));
    sandbox.file(
        "repo/strongroom.yaml",
        "references: {vaults: {my-aws: {metadata: true}}}\n",
    );
    assert!(!found(&sandbox, &fake, &[server]));
    assert!(metadata.bytes().is_empty());
    assert!(found(
        &sandbox,
        &fake,
        &[server, ("STRONGROOM_VAULT_MY_AWS_METADATA", "true")]
    ));
}

/// Credentials as servers of a machine's cloud give them.
fn given() -> String {
    format!(
        r#"{{"Code": "Success", "Type": "AWS-HMAC", "LastUpdated": "2026-01-01T00:00:00Z", "AccessKeyId": "{}", "SecretAccessKey": "{}", "Token": "{}", "Expiration": "2099-01-01T00:00:00Z"}}"#,
        ROLE[0], ROLE[1], ROLE[2]
    )
}

const SAID: [(&str, &str); 3] = [
    ("AWS_ACCESS_KEY_ID", ID),
    ("AWS_SECRET_ACCESS_KEY", KEY),
    ("AWS_SESSION_TOKEN", TOKEN),
];

#[test]
fn many_references_to_twenty_secrets_are_one_request() {
    let names: Vec<String> = (0..20).map(|at| format!("s{at}")).collect();
    let value = r#"{"k0":"a","k1":"a","k2":"a","k3":"a","k4":"a"}"#;
    let fake = names
        .iter()
        .fold(Aws::default(), |aws, name| aws.text(name, value))
        .start();
    let mut state = STATE[..STATE.find("plugins").expect("the plugins")].to_owned() + "services:\n";
    for at in 0..100 {
        let reference = |key: usize| format!("h{key}: '{{vault://my-aws/s{}/k{key}}}'", (at + key * 7) % 20);
        let headers: Vec<String> = (0..5).map(reference).collect();
        state += &format!(
            "- name: s{at}\n  url: http://example.com\n  plugins:\n  - {{name: http-log, config: {{http_endpoint: 'http://h', headers: {{{}}}}}}}\n",
            headers.join(", ")
        );
    }
    let url = fake.url();
    let found = Sandbox::new().verdicts(&state, &[], &[&SAID[..], &[("AWS_ENDPOINT_URL", &url)]].concat());
    assert_eq!(found.len(), 500);
    assert!(found.iter().all(|one| *one == verdict("found", "secret_found")[0]));
    assert_eq!(operations(&fake), ["BatchGetSecretValue"]);
}

#[test]
fn nothing_of_a_secret_or_a_credential_shows() {
    let state = STATE.replace(
        "eu-west-1}",
        "eu-west-1, assume_role_arn: 'arn:aws:iam::123456789012:role/reader'}",
    );
    let state = state
        + "- {name: loggly, config: {key: '{vault://my-aws/other/url}'}}\n- {name: datadog, config: {host: '{vault://my-aws/pg/url#2}'}}\n";
    let refuse = |code: &'static str| move |heard: &ReceivedRequest| Some(error(400, code, heard));
    let services = [
        aws(),
        aws().text("other", "canary-7f3a, no object"),
        aws().first(refuse("AccessDeniedException")),
        aws().first(refuse("canary-7f3a")),
        aws().first(|_| Some(Reply::new(200, "canary-7f3a"))),
        aws().first(|heard| Some(Reply::new(500, heard.head.clone()))),
        aws().first(|heard| {
            heard
                .header("x-amz-target")
                .map(|_| error(400, "InvalidSignatureException", heard))
        }),
    ];
    for service in services {
        let (sandbox, fake) = (Sandbox::new(), service.start());
        let url = fake.url();
        let loud = [
            ("RUST_LOG", "trace"),
            ("RUST_BACKTRACE", "1"),
            ("AWS_ENDPOINT_URL", url.as_str()),
        ];
        let variables = [&SAID[..], &loud].concat();
        for args in [
            &["-vvv"][..],
            &["-vvv", "--json-output"],
            &["--references", "warn", "-vvv"],
        ] {
            let CommandOutput { out, err, .. } = sandbox.diff(&state, args, &variables);
            assert!(err.contains("TRACE") || err.contains("DEBUG"), "{err}");
            for secret in ["canary-7f3a", KEY, TOKEN, ROLE[1], ROLE[2], ID, "Signature="] {
                assert!(
                    !out.contains(secret) && !err.contains(secret),
                    "{secret} shows:\n{out}\n{err}"
                );
            }
        }
        assert!(!fake.requests().is_empty());
    }
}
