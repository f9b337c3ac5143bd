//! Nothing of what is secret shows, whatever servers repeat.

use super::machine::{Machine, STATE, WHOLE, azure};
use super::server::{CLIENT, RunningAzure, SECRET, TENANT, TOKEN, login_refused, refusal};
use crate::common::closed_port::ClosedPort;
use crate::common::fake_server::{ReceivedRequest, Reply};
use crate::common::sandbox::{CommandOutput, Sandbox};

#[test]
fn nothing_of_a_secret_or_a_credential_shows() {
    let state = STATE.to_owned()
        + "- {name: loggly, config: {key: '{vault://my-azure/other/url}'}}\n- {name: datadog, config: {host: '{vault://my-azure/pg/none}'}}\n";
    let refuse = |status, code: &'static str| {
        move |heard: &ReceivedRequest| {
            heard
                .header("authorization")
                .map(|_| refusal(status, code, "canary-7f3a", heard))
        }
    };
    let services = [
        azure(),
        azure().text("other", "canary-7f3a, no object"),
        azure().first(refuse(403, "Forbidden")),
        azure().first(refuse(401, "canary-7f3a")),
        azure().first(refuse(500, "canary-7f3a")),
        azure().first(|heard| {
            heard
                .header("authorization")
                .map(|_| Reply::new(200, heard.head.clone()))
        }),
        azure().first(|heard| Some(Reply::new(500, heard.head.clone() + &heard.body))),
        azure().first(|heard| {
            Some(Reply(
                302,
                vec![(
                    "location",
                    format!("https://{}/canary-7f3a", ClosedPort::shared().host()),
                )],
                heard.body.clone(),
            ))
        }),
        azure().first(|heard| {
            heard
                .path
                .ends_with("/token")
                .then(|| login_refused(401, "canary-7f3a", 1, heard))
        }),
        azure().first(|heard| {
            heard
                .path
                .ends_with("/token")
                .then(|| Reply::new(200, heard.body.clone()))
        }),
    ];
    for service in services {
        shows_nothing(&state, &service.start());
    }
}

/// Whatever it is asked to tell, at its most talkative.
fn shows_nothing(state: &str, running: &RunningAzure) {
    let sandbox = Sandbox::new();
    let loud = [&WHOLE[..], &[("RUST_LOG", "trace"), ("RUST_BACKTRACE", "1")]].concat();
    let machine = Machine::of(running, &loud);
    for args in [
        &["-vvv"][..],
        &["-vvv", "--json-output"],
        &["--references", "warn", "-vvv"],
    ] {
        let CommandOutput { out, err, .. } = sandbox.diff(state, args, &machine.variables());
        assert!(err.contains("TRACE") || err.contains("DEBUG"), "{err}");
        for secret in ["canary-7f3a", SECRET, TOKEN, CLIENT, TENANT, "Bearer"] {
            let shows = out.contains(secret) || err.contains(secret);
            assert!(!shows, "{secret} shows:\n{out}\n{err}");
        }
    }
    assert!(!running.fake.requests().is_empty());
}
