//! Whom a credential may be shown to: what a pull request can change never makes the check send one to a host of its
//! choosing, nor open a file of the machine it runs on.

use std::os::unix::fs::symlink;
use std::process::Command;

use crate::common::closed_port::ClosedPort;
use crate::common::sandbox::{Sandbox, TOKEN, VaultListener, verdict};

const WITH_TOKEN: &[(&str, &str)] = &[("STRONGROOM_VAULT_TEAM_TOKEN", TOKEN)];

/// A vault with that config, and a plugin that refers to a secret of it.
fn state(config: &str) -> String {
    with_reference(config, "{vault://team/pg/key}")
}

fn with_reference(config: &str, reference: &str) -> String {
    format!(
        "_format_version: \"3.0\"\nvaults:\n- {{name: hcv, prefix: team, config: {config}}}\nplugins:\n\
         - {{name: loggly, config: {{key: '{reference}'}}}}\n"
    )
}

fn at(listener: &VaultListener) -> String {
    format!("{{protocol: http, host: 127.0.0.1, port: {}, kv: v1}}", listener.port())
}

#[test]
fn a_state_file_sends_no_credential_to_a_host_of_its_choosing() {
    let (sandbox, listener) = (Sandbox::new(), VaultListener::new());
    let port = listener.port();
    let elsewhere = [
        at(&listener),
        format!("{{host: localhost, port: {port}}}"),
        format!("{{port: {port}}}"),
        format!("{{host: '${{{{ env \"DECK_HOST\" }}}}', port: {port}}}"),
        format!("{{host: 'local${{{{ env \"DECK_PART\" }}}}', port: {port}}}"),
        format!("{{protocol: https, host: 127.0.0.1, port: {port}, ssl_verify: false}}"),
        format!("{{host: 127.0.0.1, port: {port}, token: '${{{{ env \"DECK_TOKEN\" }}}}'}}"),
    ];
    let variables = [
        WITH_TOKEN,
        &[("DECK_HOST", "127.0.0.1"), ("DECK_PART", "host"), ("DECK_TOKEN", TOKEN)],
    ]
    .concat();
    for config in &elsewhere {
        let found = sandbox.verdicts(&state(config), &[], &variables);
        assert_eq!(found, verdict("not_checkable", "untrusted_host"), "{config}");
        assert_eq!(listener.received(), "", "{config}");
    }
    let told = sandbox.diff(&state(&at(&listener)), &[], WITH_TOKEN).ends(0);
    told.tells(&format!("--references-hosts 127.0.0.1:{port}"));
    assert_eq!(listener.received(), "");
}

#[test]
fn substitution_leaves_an_address_with_the_file() {
    let (sandbox, listener) = (Sandbox::new(), VaultListener::new());
    let config = format!("{{host: $WHERE, port: {}}}", listener.port());
    let variables = [WITH_TOKEN, &[("WHERE", "127.0.0.1")]].concat();
    let found = sandbox.verdicts(&state(&config), &["--substitute-env"], &variables);
    assert_eq!(found, verdict("not_checkable", "untrusted_host"));
    assert_eq!(listener.received(), "");
}

#[test]
fn a_host_that_the_checker_vouches_for_is_asked() {
    for vouched in ["127.0.0.1", "*"] {
        let (sandbox, listener) = (Sandbox::new(), VaultListener::new());
        let found = sandbox.verdicts(&state(&at(&listener)), &["--references-hosts", vouched], WITH_TOKEN);
        assert_eq!(found, verdict("found", "secret_found"), "{vouched}");
        assert!(listener.received().contains(TOKEN));
    }
    let (sandbox, listener) = (Sandbox::new(), VaultListener::new());
    let named = format!("other,127.0.0.1:{}", listener.port());
    let variables = [WITH_TOKEN, &[("STRONGROOM_REFERENCES_HOSTS", named.as_str())]].concat();
    assert_eq!(
        sandbox.verdicts(&state(&at(&listener)), &[], &variables),
        verdict("found", "secret_found")
    );
    let (sandbox, listener) = (Sandbox::new(), VaultListener::new());
    let found = sandbox.verdicts(
        &state(&at(&listener)),
        &["--references-hosts", "127.0.0.1:1"],
        WITH_TOKEN,
    );
    assert_eq!(found, verdict("not_checkable", "untrusted_host"));
    assert_eq!(listener.received(), "");
}

#[test]
fn an_address_that_the_live_vault_has_is_asked_and_no_part_of_it_may_change() {
    let (sandbox, listener) = (Sandbox::new(), VaultListener::new());
    let live = at(&listener);
    sandbox.sync(&state(&live), &["--references", "off"]);
    let other = VaultListener::new();
    let changed = [
        at(&other),
        live.replace("127.0.0.1", "localhost"),
        format!("{{protocol: http, host: 127.0.0.1, port: {}}}", other.port()),
        live.replace("protocol: http", "protocol: https"),
    ];
    for config in &changed {
        let found = sandbox.verdicts(&state(config), &[], WITH_TOKEN);
        assert_eq!(found, verdict("not_checkable", "untrusted_host"), "{config}");
    }
    let renamed = state(&live).replace("team", "crew");
    let found = sandbox.verdicts(
        &renamed,
        &["--allow-delete-in-use"],
        &[("STRONGROOM_VAULT_CREW_TOKEN", TOKEN)],
    );
    assert_eq!(found, verdict("not_checkable", "untrusted_host"), "another prefix");
    assert_eq!(listener.received() + &other.received(), "");
    // said again as it is, or by a template: the live vault vouches for it
    assert_eq!(
        sandbox.verdicts(&state(&live), &[], WITH_TOKEN),
        verdict("found", "secret_found")
    );
    let template = live.replace("127.0.0.1", "'${{ env \"DECK_HOST\" }}'");
    let variables = [WITH_TOKEN, &[("DECK_HOST", "127.0.0.1")]].concat();
    assert_eq!(
        sandbox.verdicts(&state(&template), &[], &variables),
        verdict("found", "secret_found")
    );
    assert!(listener.received().contains(TOKEN));
}

#[test]
fn leaving_out_a_part_of_the_live_address_is_choosing_another() {
    let (sandbox, listener) = (Sandbox::new(), VaultListener::new());
    let live = format!("{{protocol: https, host: 127.0.0.1, port: {}}}", listener.port());
    sandbox.sync(&state(&live), &["--references", "off"]);
    // without a protocol it would be http, in the clear
    let plain = format!("{{host: 127.0.0.1, port: {}}}", listener.port());
    let found = sandbox.verdicts(&state(&plain), &[], WITH_TOKEN);
    assert_eq!(found, verdict("not_checkable", "untrusted_host"));
    assert_eq!(listener.received(), "");
}

#[test]
fn options_of_a_reference_are_the_files() {
    let (sandbox, listener) = (Sandbox::new(), VaultListener::new());
    let live = format!("{{protocol: http, host: 127.0.0.1, port: {}}}", listener.port());
    sandbox.sync(
        &with_reference(&live, "{vault://team/pg/key}"),
        &["--references", "off"],
    );
    let other = VaultListener::new();
    for options in [
        format!("port={}", other.port()),
        "host=localhost".to_owned(),
        "protocol=".to_owned(),
        "host=".to_owned(),
    ] {
        let reference = format!("{{vault://team/pg/key?{options}}}");
        let found = sandbox.verdicts(&with_reference(&live, &reference), &[], WITH_TOKEN);
        assert_eq!(found, verdict("not_checkable", "untrusted_host"), "{options}");
    }
    assert_eq!(listener.received() + &other.received(), "");
}

#[test]
fn a_file_of_settings_in_the_repository_names_no_trusted_address_and_no_credential() {
    let (sandbox, listener) = (Sandbox::new(), VaultListener::new());
    let address = format!("references:\n  vaults:\n    team: {{address: '{}'}}\n", listener.url());
    let inside = sandbox.file("repo/strongroom.yaml", &address);
    let state = state("{kv: v1}");
    let found = sandbox.verdicts(&state, &[], WITH_TOKEN);
    assert_eq!(found, verdict("not_checkable", "untrusted_host"), "found");
    let found = sandbox.verdicts(&state, &["--config", &inside], WITH_TOKEN);
    assert_eq!(found, verdict("not_checkable", "untrusted_host"), "named");
    // a link to it from outside is still it
    symlink(&inside, sandbox.path("link.yaml")).expect("a link");
    let link = sandbox.path("link.yaml").display().to_string();
    let found = sandbox.verdicts(&state, &["--config", &link], WITH_TOKEN);
    assert_eq!(found, verdict("not_checkable", "untrusted_host"), "linked");
    for credential in [
        "token_env: THEIRS",
        "token_file: /etc/hostname",
        "client_key: /etc/hostname",
    ] {
        let text = format!(
            "references: {{vaults: {{team: {{address: '{}', {credential}}}}}}}\n",
            listener.url()
        );
        sandbox.file("repo/strongroom.yaml", &text);
        let ran = sandbox.diff(&state, &[], &[("THEIRS", TOKEN)]).ends(3);
        ran.tells("names no variables and no files of this machine");
    }
    assert_eq!(listener.received(), "");
    // the same file beside the repository is the checker's
    sandbox.file("repo/strongroom.yaml", "");
    let outside = sandbox.file("settings.yaml", &address);
    let found = sandbox.verdicts(&state, &["--config", &outside], WITH_TOKEN);
    assert_eq!(found, verdict("found", "secret_found"));
}

#[test]
fn a_name_that_leads_nowhere_else_is_never_sent() {
    let (sandbox, listener) = (Sandbox::new(), VaultListener::new());
    let url = listener.url();
    let variables = [WITH_TOKEN, &[("STRONGROOM_VAULT_TEAM_ADDRESS", url.as_str())]].concat();
    for reference in [
        "../sys/seal/key",
        "a/%2E%2E/b/key",
        "a%2F%2Fb/key",
        "%2e/key",
        "a%0ab/key",
        "a%00/key",
    ] {
        let state = with_reference("{kv: v1}", &format!("{{vault://team/{reference}}}"));
        let found = sandbox.verdicts(&state, &[], &variables);
        assert_eq!(found, verdict("malformed", "bad_resource"), "{reference}");
    }
    assert!(!listener.received().contains("GET"), "{}", listener.received());
}

/// A vault of the backend `fs` with that directory, and a plugin that refers to a file in it.
fn files(prefix: &str, secret: &str) -> String {
    format!(
        "_format_version: \"3.0\"\nvaults:\n- {{name: fs, prefix: disk, config: {{prefix: '{prefix}'}}}}\nplugins:\n\
         - {{name: loggly, config: {{key: '{{vault://disk/{secret}}}'}}}}\n"
    )
}

#[test]
fn what_a_vault_calls_a_directory_is_not_opened_here() {
    let sandbox = Sandbox::new();
    sandbox.file("secrets/real", "value-zyzzyva");
    let folder = sandbox.path("secrets").display().to_string();
    // whoever opens a pipe waits for somebody to write into it: the run would not end
    let pipe = Command::new("mkfifo").arg(sandbox.path("secrets/pipe")).status();
    assert!(pipe.is_ok_and(|made| made.success()));
    for secret in ["real", "pipe"] {
        let found = sandbox.verdicts(&files(&folder, secret), &[], &[]);
        assert_eq!(found, verdict("not_checkable", "data_plane_files"), "{secret}");
    }
    let mapped = format!("{folder}={folder}");
    let found = sandbox.verdicts(&files(&folder, "real"), &["--dp-files", &mapped], &[]);
    assert_eq!(found, verdict("found", "secret_found"));
    let found = sandbox.verdicts(&files(&folder, "pipe"), &["--dp-files", &mapped], &[]);
    assert_eq!(found, verdict("unreachable", "server_error"));
}

#[test]
fn a_vaults_own_files_of_credentials_are_not_opened_here() {
    let (sandbox, listener) = (Sandbox::new(), VaultListener::new());
    let pipe = sandbox.path("pipe").display().to_string();
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .is_ok_and(|made| made.success())
    );
    let url = listener.url();
    let settings = [("STRONGROOM_VAULT_TEAM_ADDRESS", url.as_str())];
    for config in [
        format!("{{auth_method: kubernetes, kube_role: r, kube_api_token_file: '{pipe}'}}"),
        format!("{{auth_method: approle, approle_role_id: r, approle_secret_id_file: '{pipe}'}}"),
    ] {
        let found = sandbox.verdicts(&state(&config), &[], &settings);
        assert_eq!(found, verdict("not_checkable", "no_credentials"), "{config}");
    }
    assert_eq!(listener.received(), "");
}

#[test]
fn links_out_of_a_directory_of_a_data_plane_are_not_followed() {
    let sandbox = Sandbox::new();
    sandbox.file("dp/inner/secret", "value-zyzzyva");
    sandbox.file("outside", "value-zyzzyva");
    symlink(sandbox.path("outside"), sandbox.path("dp/link")).expect("a link");
    symlink(sandbox.path("dp/inner"), sandbox.path("dp/within")).expect("a link");
    symlink(sandbox.path("."), sandbox.path("dp/up")).expect("a link");
    let mapped = format!("/secrets={}", sandbox.path("dp").display());
    for (secret, expected) in [
        ("inner%2Fsecret", verdict("found", "secret_found")),
        ("within/secret/", verdict("found", "secret_found")),
        ("link", verdict("denied", "permission_denied")),
        ("up/outside/", verdict("denied", "permission_denied")),
        ("none", verdict("missing", "no_such_secret")),
        ("inner", verdict("malformed", "bad_resource")),
        ("..%2Foutside", verdict("malformed", "bad_resource")),
    ] {
        let found = sandbox.verdicts(&files("/secrets/", secret), &["--dp-files", &mapped], &[]);
        assert_eq!(found, expected, "{secret}");
    }
}

#[test]
fn links_that_a_repository_brings_open_no_file_of_the_machine() {
    let sandbox = Sandbox::new();
    let theirs = sandbox.file("theirs.env", "A=zyzzyva\nzyzzyva without a name\n");
    sandbox.file("theirs/secret", "value-zyzzyva");
    let plain = "_format_version: \"3.0\"\nservices: []\n";
    symlink(&theirs, sandbox.path("repo/dp.env")).expect("a link");
    symlink(sandbox.path("theirs"), sandbox.path("repo/dp")).expect("a link");
    symlink(sandbox.path("."), sandbox.path("repo/up")).expect("a link");
    for args in [
        ["--dp-env", "dp.env"],
        ["--dp-env", "up/theirs.env"],
        ["--dp-conf", "dp.env"],
        ["--dp-files", "/secrets=dp"],
    ] {
        let ran = sandbox.diff(plain, &args, &[]).ends(3);
        ran.tells("leads out of the repository");
    }
    let theirs = sandbox.file("theirs.yaml", "zyzzyva: 1\nreferences: {zyzzyva: 1}\n");
    symlink(&theirs, sandbox.path("repo/strongroom.yaml")).expect("a link");
    let ran = sandbox.diff(plain, &[], &[]).ends(3);
    ran.tells("leads out of the repository");
}

/// What a template fills in of any field that a reference or the way to its vault is made of, at its most talkative.
const TEMPLATES: &str = r#"
_format_version: "3.0"
vaults:
- {name: hcv, prefix: team, config: {host: '${{ env "DECK_S" }}', port: 8200}}
- {name: hcv, prefix: part, config: {host: 'a.${{ env "DECK_S" }}.test', port: 8200, token: literal}}
- {name: hcv, prefix: by-name, config: {mount: '${{ env "DECK_S" }}', port: CLOSED, token: literal}}
- {name: fs, prefix: disk, config: {prefix: '/x/${{ env "DECK_S" }}'}}
- {name: env, prefix: my-env, config: {prefix: '${{ env "DECK_S" }}_'}}
plugins:
- {name: http-log, config: {http_endpoint: 'http://h', headers: {x-key: '{vault://team/pg/key}'}}}
- {name: datadog, config: {host: '{vault://disk/pg/key}'}}
- {name: loggly, config: {key: '{vault://my-env/pg/key}'}}
- {name: session, config: {secret: '{vault://${{ env "DECK_S" }}/pg/key}'}}
- {name: acme, config: {account_email: '{vault://part/pg/key}', tos_accepted: true}}
- {name: rate-limiting, config: {minute: 1, policy: redis, redis: {host: h, password: '{vault://my-env/a${{ env "DECK_S" }}b/key}'}}}
- {name: response-ratelimiting, config: {limits: {a: {minute: 1}}, redis: {host: h, password: '{vault://by-name/pg/key}'}}}
certificates:
- {cert: '{vault://team/${{ env "DECK_S" }}}', key: '{vault://part/${{ env "DECK_S" }}/k?host=${{ env "DECK_S" }}}'}
"#;

#[test]
fn what_a_template_fills_in_is_not_told_by_any_message() {
    let sandbox = Sandbox::new();
    let state = TEMPLATES.replace("CLOSED", &ClosedPort::shared().port().to_string());
    let variables = [WITH_TOKEN, &[("DECK_S", "zyzzyva"), ("RUST_LOG", "trace")]].concat();
    let shows = |text: &str| text.to_ascii_lowercase().contains("zyzzyva");
    for live in [false, true] {
        for policy in ["default", "strict", "warn", "off"] {
            for more in [&["-vvv"][..], &["--json-output"], &["--dp-env", "process", "-v"]] {
                let ran = sandbox.diff(&state, &[&["--references", policy], more].concat(), &variables);
                assert!(
                    !shows(&ran.out) && !shows(&ran.err),
                    "{policy}:\n{}\n{}",
                    ran.out,
                    ran.err
                );
                assert!(ran.exit == 0 || ran.exit == 3, "{}", ran.err);
            }
        }
        if !live {
            let args = ["sync", "kong.yaml", "--yes", "--references", "warn"];
            sandbox.run(&args, &variables).ends(0);
        }
    }
}

#[test]
fn a_name_that_a_template_fills_in_goes_where_a_credential_may() {
    let (sandbox, listener) = (Sandbox::new(), VaultListener::new());
    let variables = [WITH_TOKEN, &[("DECK_S", "zyzzyva")]].concat();
    // the file's own token may go to the file's own host, but not the machine's variables
    let config = format!("{{host: 127.0.0.1, port: {}, kv: v1, token: theirs}}", listener.port());
    for reference in [
        "{vault://team/${{ env \"DECK_S\" }}/key}",
        "{vault://team/a-${{ env \"DECK_S\" }}-b/key}",
    ] {
        let found = sandbox.verdicts(&with_reference(&config, reference), &[], &[("DECK_S", "zyzzyva")]);
        assert_eq!(found, verdict("not_checkable", "untrusted_host"), "{reference}");
        assert!(!listener.received().contains("zyzzyva"), "{reference}");
    }
    let reference = "{vault://team/${{ env \"DECK_S\" }}/key}";
    let closed = format!("{{port: {}, kv: v1}}", ClosedPort::shared().port());
    let found = sandbox.verdicts(
        &with_reference(&closed, reference),
        &["--references-hosts", "*"],
        &variables,
    );
    assert_eq!(found, verdict("unreachable", "connection_failed"));
    let url = listener.url();
    let asked = [&variables[..], &[("STRONGROOM_VAULT_TEAM_ADDRESS", url.as_str())]].concat();
    let found = sandbox.verdicts(&with_reference("{kv: v1}", reference), &[], &asked);
    assert_eq!(found, verdict("found", "secret_found"));
    assert!(listener.received().contains("GET /v1/secret/zyzzyva "));
}

/// Configs that name an address in each field that can, by backend; `URL` stands for it.
const ADDRESSES: &[(&str, &[&str])] = &[
    (
        "hcv",
        &["{auth_method: jwt, jwt_role: r, oauth2_token_endpoint: 'URL', oauth2_client_id: c}"],
    ),
    (
        "aws",
        &[
            "{region: us-east-1, endpoint_url: 'URL'}",
            "{region: us-east-1, sts_endpoint_url: 'URL', assume_role_arn: 'arn:aws:iam::1:role/r'}",
            "{region: us-east-1, endpoint_url: 'URL', sts_endpoint_url: 'URL', assume_role_arn: 'arn:aws:iam::1:role/r'}",
        ],
    ),
    (
        "azure",
        &[
            "{vault_uri: 'URL', location: us, type: secrets, client_id: c, tenant_id: t}",
            "{vault_uri: 'URL/', credentials_prefix: STRONGROOM_VAULT_TEAM}",
        ],
    ),
    ("azure-certs", &["{vault_uri: 'URL', client_id: c, tenant_id: t}"]),
    (
        "conjur",
        &["{endpoint_url: 'URL', auth_method: api_key, account: a, login: host/app}"],
    ),
];

/// Credentials of every sort, as a machine may have them.
const CREDENTIALS: &[(&str, &str)] = &[
    ("STRONGROOM_VAULT_TEAM_OAUTH2_CLIENT_SECRET", TOKEN),
    ("STRONGROOM_VAULT_TEAM_CLIENT_SECRET", TOKEN),
    ("STRONGROOM_VAULT_TEAM_API_KEY", TOKEN),
    ("STRONGROOM_VAULT_TEAM_ACCESS_KEY_ID", TOKEN),
    ("STRONGROOM_VAULT_TEAM_SECRET_ACCESS_KEY", TOKEN),
    ("AWS_ACCESS_KEY_ID", TOKEN),
    ("AWS_SECRET_ACCESS_KEY", TOKEN),
    ("AZURE_CLIENT_SECRET", TOKEN),
    ("AZURE_CLIENT_ID", TOKEN),
    ("AZURE_TENANT_ID", TOKEN),
    ("AZURE_FEDERATED_TOKEN_FILE", "/etc/hostname"),
    ("AZURE_USERNAME", TOKEN),
    ("AZURE_PASSWORD", TOKEN),
    ("MSI_SECRET", TOKEN),
    ("IDENTITY_HEADER", TOKEN),
];

#[test]
fn no_backend_sends_a_credential_to_an_address_of_a_state_file() {
    let (sandbox, listener) = (Sandbox::new(), VaultListener::new());
    for (backend, configs) in ADDRESSES {
        for config in *configs {
            let config = config.replace("URL", &listener.url());
            let state = state(&config).replace("name: hcv", &format!("name: {backend}"));
            let found = sandbox.verdicts(&state, &[], CREDENTIALS);
            assert_eq!(found[0].0, "not_checkable", "{backend} {config} {found:?}");
            if *backend == "azure" && cfg!(feature = "azure") {
                assert_eq!(found[0].1, "untrusted_host", "{config}");
            }
            assert_eq!(listener.received(), "", "{backend} {config}");
        }
    }
}
