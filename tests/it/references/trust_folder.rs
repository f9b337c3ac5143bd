//! Whom a credential may be shown to, where there is no repository: who brings a state file brings what lies beside it.

use crate::common::sandbox::{Sandbox, TOKEN, VaultListener, verdict};

#[test]
fn what_lies_beside_a_state_file_without_a_repository_is_the_files() {
    let (sandbox, listener) = (Sandbox::new(), VaultListener::new());
    std::fs::remove_dir_all(sandbox.path("repo/.git")).expect("it is gone");
    let state = |reference: &str, vault: &str| {
        format!("_format_version: \"3.0\"\n{vault}plugins:\n- {{name: loggly, config: {{key: '{reference}'}}}}\n")
    };
    let conf = format!(
        "vault_hcv_protocol = http\nvault_hcv_host = 127.0.0.1\nvault_hcv_port = {}\nvault_hcv_kv = v1\n",
        listener.port()
    );
    let settings = format!("references: {{vaults: {{team: {{address: '{}'}}}}}}\n", listener.url());
    let by_name = state("{vault://hcv/pg/key}", "");
    let by_vault = state(
        "{vault://team/pg/key}",
        "vaults:\n- {name: hcv, prefix: team, config: {kv: v1}}\n",
    );
    let variables = [
        ("STRONGROOM_VAULT_HCV_TOKEN", TOKEN),
        ("STRONGROOM_VAULT_TEAM_TOKEN", TOKEN),
    ];
    for (text, flag, beside) in [
        (&by_name, "--dp-conf", sandbox.file("pr/kong.conf", &conf)),
        (&by_vault, "--config", sandbox.file("pr/settings.yaml", &settings)),
        (&by_vault, "--config", sandbox.file("pr/below/settings.yaml", &settings)),
    ] {
        sandbox.file("pr/kong.yaml", text);
        let args = ["diff", "../pr/kong.yaml", flag, &beside, "--json-output"];
        let found = sandbox.run(&args, &variables).verdicts();
        assert_eq!(found, verdict("not_checkable", "untrusted_host"), "{beside}");
    }
    assert_eq!(listener.received(), "");
    // elsewhere, they are the checker's
    for (text, flag, elsewhere) in [
        (&by_name, "--dp-conf", sandbox.file("own/kong.conf", &conf)),
        (&by_vault, "--config", sandbox.file("own/settings.yaml", &settings)),
    ] {
        sandbox.file("pr/kong.yaml", text);
        let args = ["diff", "../pr/kong.yaml", flag, &elsewhere, "--json-output"];
        assert_eq!(
            sandbox.run(&args, &variables).verdicts(),
            verdict("found", "secret_found"),
            "{elsewhere}"
        );
    }
}
