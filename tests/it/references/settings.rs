//! What the side that runs the check says: settings, policies, environments of data planes, and what they make of a run.

use crate::common::closed_port::ClosedPort;
use crate::common::sandbox::{Sandbox, ServedControlPlane, TOKEN, VaultListener, verdict};

/// A vault that says nothing of its address, and a plugin that refers to a secret of it.
const STATE: &str = "_format_version: \"3.0\"\nvaults:\n- {name: hcv, prefix: my-team, config: {kv: v1}}\nplugins:\n\
                     - {name: loggly, config: {key: '{vault://my-team/pg/key}'}}\n";

/// An env vault, and a plugin with a reference to a variable of it.
fn with_variable(name: &str) -> String {
    format!(
        "_format_version: \"3.0\"\nvaults:\n- {{name: env, prefix: my-env, config: {{prefix: APP_}}}}\nplugins:\n\
         - {{name: loggly, config: {{key: '{{vault://my-env/{name}}}'}}}}\n"
    )
}

fn by_name(reference: &str) -> String {
    format!("_format_version: \"3.0\"\nplugins:\n- {{name: loggly, config: {{key: '{reference}'}}}}\n")
}

fn settings(listener: &VaultListener, credential: &str) -> String {
    format!(
        "references:\n  vaults:\n    my-team: {{address: '{}', {credential}}}\n",
        listener.url()
    )
}

#[test]
fn a_vault_is_asked_as_a_file_of_settings_says() {
    let (sandbox, listener) = (Sandbox::new(), VaultListener::new());
    let secret = sandbox.file("token", &format!("{TOKEN}\n"));
    let by_variable = settings(&listener, "token_env: THEIRS");
    let by_file = settings(&listener, "token_file: token");
    let by_path = settings(&listener, &format!("token_file: '{secret}'"));
    for text in [by_variable, by_file, by_path] {
        let file = sandbox.file("settings.yaml", &text);
        let variables = [("THEIRS", TOKEN)];
        let found = sandbox.verdicts(STATE, &["--config", &file], &variables);
        assert_eq!(found, verdict("found", "secret_found"), "{text}");
        let by_variable = [("THEIRS", TOKEN), ("STRONGROOM_CONFIG", &*file)];
        assert_eq!(
            sandbox.verdicts(STATE, &[], &by_variable),
            verdict("found", "secret_found")
        );
    }
    sandbox.file(
        "home/.strongroom.yaml",
        &settings(&listener, "token_env: THEIRS, namespace: ours"),
    );
    let found = sandbox.verdicts(STATE, &[], &[("THEIRS", TOKEN)]);
    assert_eq!(found, verdict("found", "secret_found"));
    let received = listener.received().to_ascii_lowercase();
    assert!(received.contains(&format!("x-vault-token: {TOKEN}\r\n")), "{received}");
    assert!(received.contains("x-vault-namespace: ours\r\n"), "{received}");
}

#[test]
fn a_vault_is_asked_as_variables_say_and_they_go_before_files() {
    let (sandbox, listener) = (Sandbox::new(), VaultListener::new());
    let file = sandbox.file("token", TOKEN);
    let url = listener.url();
    let address = ("STRONGROOM_VAULT_MY_TEAM_ADDRESS", url.as_str());
    for credential in [
        ("STRONGROOM_VAULT_MY_TEAM_TOKEN", TOKEN),
        ("STRONGROOM_VAULT_MY_TEAM_TOKEN_FILE", file.as_str()),
        ("STRONGROOM_VAULT_MY_TEAM_TOKEN_ENV", "THEIRS"),
    ] {
        let found = sandbox.verdicts(STATE, &[], &[address, credential, ("THEIRS", TOKEN)]);
        assert_eq!(found, verdict("found", "secret_found"), "{}", credential.0);
    }
    let closed = ClosedPort::shared().url();
    let nowhere = format!("references: {{vaults: {{my-team: {{address: '{closed}'}}}}}}\n");
    sandbox.file("home/.strongroom.yaml", &nowhere);
    let token = ("STRONGROOM_VAULT_MY_TEAM_TOKEN", TOKEN);
    assert_eq!(
        sandbox.verdicts(STATE, &[], &[address, token]),
        verdict("found", "secret_found")
    );
    assert_eq!(
        sandbox.verdicts(STATE, &[], &[token]),
        verdict("unreachable", "connection_failed")
    );
    let typo = ("STRONGROOM_VAULT_MY_TEAM_TOEKN", TOKEN);
    sandbox
        .diff(STATE, &[], &[address, typo])
        .ends(0)
        .tells("did you mean …_TOKEN?");
}

#[test]
fn all_that_is_wrong_in_settings_is_told_at_once_with_its_place() {
    let sandbox = Sandbox::new();
    let text = "references:\n  polcy: strict\n  policy: sometimes\n  vaults:\n    one:\n      adress: http://h\n      \
                token: zyzzyva\n      secret_id_env: UNSET\n      jwt_file: /nowhere/zyzz\n    two:\n      role_id: r\n      \
                address: ftp://h\n      mount: [a]\n      namespace: '${{ env \"DECK_X\" }}'\n      policy: strickt\n    \
                three: zyzzyva\n";
    let file = sandbox.file("settings.yaml", text);
    let half = [
        ("STRONGROOM_VAULT_FOUR_ACCESS_KEY_ID", "a"),
        ("STRONGROOM_VAULT_FIVE_TOKEN_FILE", "/nowhere"),
        ("STRONGROOM_VAULT_SIX_ADDRESS", "zyzzyva"),
    ];
    let args = ["--config", &file, "--references-hosts", "a/b", "--dp-env", "none.env"];
    let ran = sandbox.diff(STATE, &args, &half).ends(3);
    for told in [
        "settings.yaml:2:3: error: 'polcy' is no setting",
        "did you mean 'policy'?",
        "settings.yaml:3:11: error: a policy is strict, default, warn or off",
        "settings.yaml:6:7: error: 'adress' is no setting",
        "did you mean 'address'?",
        "settings.yaml:7:14: error: 'token' would put a secret into a file of settings",
        "token_env: NAME",
        "settings.yaml:8:22: error: secret_id_env names a variable that is not set",
        "settings.yaml:9:17: error: jwt_file names a file that cannot be read",
        "settings.yaml:11:7: error: 'role_id' is said of the vault 'two', but no 'secret_id'",
        "settings.yaml:12:16: error: 'address' is no address",
        "settings.yaml:13:14: error: 'mount' must be a single value, and is a list",
        "settings.yaml:14:18: error: no templates are filled in here",
        "settings.yaml:15:15: error: a policy is",
        "settings.yaml:16:12: error: what is said of a vault must be a map, and is text",
        "STRONGROOM_VAULT_FOUR_ACCESS_KEY_ID is set, but no STRONGROOM_VAULT_FOUR_SECRET_ACCESS_KEY",
        "STRONGROOM_VAULT_FIVE_TOKEN_FILE names a file that cannot be read",
        "STRONGROOM_VAULT_SIX_ADDRESS is no address",
        "--references-hosts: 'a/b' is no HOST or HOST:PORT",
        "'none.env' cannot be read",
    ] {
        assert!(ran.err.contains(told), "{told:?} is not in\n{}", ran.err);
    }
}

#[test]
fn flags_stand_beside_what_is_said_of_references() {
    let sandbox = Sandbox::new();
    let text = "parallelism: 2\nreferences: {policy: strict}\n";
    sandbox.file("home/.strongroom.yaml", text);
    sandbox.diff(&with_variable("a"), &[], &[]).ends(3).tells("APP_A");
    sandbox
        .diff(&with_variable("a"), &["--references", "default"], &[])
        .ends(0);
    sandbox.file("home/.strongroom.yaml", "parallelism: {a: 1}\n");
    sandbox
        .diff(&with_variable("a"), &[], &[])
        .ends(3)
        .tells("no map of flags to values");
}

#[test]
fn the_repository_makes_policies_stricter_and_never_looser() {
    let sandbox = Sandbox::new();
    let state = with_variable("a");
    let missing = sandbox.file("empty.env", "");
    let missing = ["--dp-env", missing.as_str()];
    let own = |text: &str| sandbox.file("repo/strongroom.yaml", &format!("references: {text}\n"));
    // nothing is known of the variable: only strict stops
    sandbox.diff(&state, &[], &[]).ends(0);
    own("{policy: strict}");
    sandbox.diff(&state, &[], &[]).ends(3);
    sandbox.diff(&state, &["--references", "warn"], &[]).ends(3);
    own("{vaults: {my-env: {policy: strict}}}");
    sandbox.diff(&state, &[], &[]).ends(3);
    // it is missing: all but warn and off stop
    for looser in ["{policy: off}", "{policy: warn}", "{vaults: {my-env: {policy: warn}}}"] {
        own(looser);
        let ran = sandbox.diff(&state, &missing, &[]).ends(3);
        ran.tells("strongroom.yaml:1:")
            .tells("cannot loosen what references may do");
    }
    own("{vaults: {my-env: {policy: default}}}");
    sandbox
        .diff(&state, &[&missing[..], &["--references", "warn"]].concat(), &[])
        .ends(3);
    sandbox.file(
        "repo/strongroom.yaml",
        &format!(
            "reference: {{policy: strict}}\nkong-addr: {closed}\n",
            closed = ClosedPort::shared().url()
        ),
    );
    let ran = sandbox.diff(&state, &[], &[]).ends(0);
    ran.tells("'reference' in")
        .tells("'kong-addr' in")
        .tells("holds for nothing");
    // from below, the nearest file counts
    sandbox.file("repo/below/kong.yaml", &state);
    own("{policy: strict}");
    let ran = sandbox.run(&["diff", "below/kong.yaml"], &[]);
    ran.ends(3);
}

#[test]
fn each_vault_may_have_a_policy_of_its_own() {
    let sandbox = Sandbox::new();
    let empty = sandbox.file("empty.env", "");
    let state = with_variable("a");
    let args = ["--dp-env", empty.as_str()];
    sandbox.diff(&state, &args, &[]).ends(3);
    for said in ["warn", "off"] {
        let text = format!("references: {{vaults: {{my-env: {{policy: {said}}}}}}}\n");
        sandbox.file("home/.strongroom.yaml", &text);
        sandbox.diff(&state, &args, &[]).ends(0);
    }
    let of_vault = [("STRONGROOM_VAULT_MY_ENV_POLICY", "strict")];
    sandbox.diff(&state, &[], &of_vault).ends(3);
    // what is no verdict of the vault is for the policy of all
    let broken = state.replace("my-env/a}", "}");
    sandbox.diff(&broken, &args, &[]).ends(3).tells("missing host");
}

#[test]
fn several_environments_make_a_matrix_in_which_the_worst_counts() {
    let sandbox = Sandbox::new();
    let east = sandbox.file(
        "east.env",
        "# east\nexport APP_A=\"{\\\"k\\\": \\\"value-zyzzyva\\\"}\"\n",
    );
    let secret = "apiVersion: v1\nkind: Secret\nstringData: {APP_A: 'no json zyzzyva'}\n---\n\
                  apiVersion: v1\nkind: ConfigMap\ndata: {APP_B: x}\n";
    let west = sandbox.file("west.yaml", secret);
    let north = sandbox.file("north.env", "APP_B=x\n");
    let state = with_variable("a/k");
    let planes = |files: &[&String]| -> Vec<String> {
        let flags = files.iter().flat_map(|file| ["--dp-env".to_owned(), (*file).clone()]);
        flags.collect()
    };
    for (files, expected, named) in [
        (vec![&east], verdict("found", "secret_found"), ""),
        (
            vec![&east, &north],
            verdict("missing", "no_such_variable"),
            "(data plane: north.env)",
        ),
        (
            vec![&north, &east, &west],
            verdict("malformed", "bad_subkey"),
            "(data plane: west.yaml)",
        ),
        (
            vec![&west, &north, &east],
            verdict("malformed", "bad_subkey"),
            "(data plane: west.yaml)",
        ),
    ] {
        let flags = planes(&files);
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        assert_eq!(sandbox.verdicts(&state, &flags, &[]), expected);
        let ran = sandbox.diff(&state, &flags, &[]);
        ran.ends(if named.is_empty() { 0 } else { 3 }).tells(named);
    }
    let two = planes(&[&north, &sandbox.file("twin/north.env", "")]);
    let two: Vec<&str> = two.iter().map(String::as_str).collect();
    let ran = sandbox.diff(&state, &two, &[]).ends(3);
    ran.tells("twin/north.env");
}

#[test]
fn this_process_may_stand_for_a_data_plane() {
    let sandbox = Sandbox::new();
    let state = with_variable("a-b");
    let here = [("APP_A_B", "value-zyzzyva")];
    let unknown = sandbox.diff(&state, &[], &here).ends(0);
    let unknown = unknown.tells("APP_A_B").tells("set here, unknown on the data planes");
    assert!(unknown.err.contains("note:"), "{}", unknown.err);
    let args = ["--dp-env", "process"];
    assert_eq!(sandbox.verdicts(&state, &args, &here), verdict("found", "secret_found"));
    assert_eq!(
        sandbox.verdicts(&state, &args, &[]),
        verdict("missing", "no_such_variable")
    );
    let by_variable = [here[0], ("STRONGROOM_DP_ENV", "process")];
    assert_eq!(
        sandbox.verdicts(&state, &[], &by_variable),
        verdict("found", "secret_found")
    );
}

#[test]
fn a_reference_that_names_a_backend_goes_by_the_data_planes_settings() {
    let (sandbox, listener) = (Sandbox::new(), VaultListener::new());
    let hcv = by_name("{vault://hcv/pg/key}");
    let token = ("STRONGROOM_VAULT_HCV_TOKEN", TOKEN);
    assert_eq!(
        sandbox.verdicts(&hcv, &[], &[]),
        verdict("not_checkable", "data_plane_settings")
    );
    assert_eq!(
        sandbox.verdicts(&by_name("{vault://hcv/pg/key?kv=v1}"), &[], &[]),
        verdict("not_checkable", "data_plane_settings")
    );
    let text = format!(
        "# the data planes\nvault_hcv_protocol = http\nvault_hcv_host = 127.0.0.1 # here\nvault_hcv_port={}\nvault_env_prefix = APP_\n",
        listener.port()
    );
    let conf = sandbox.file("kong.conf", &text);
    let inside = sandbox.file("repo/kong.conf", &text);
    let found = sandbox.verdicts(&hcv, &["--dp-conf", &inside], &[token]);
    assert_eq!(found, verdict("not_checkable", "untrusted_host"));
    assert_eq!(listener.received(), "");
    let found = sandbox.verdicts(&hcv, &["--dp-conf", &conf], &[token]);
    assert_eq!(found, verdict("found", "secret_found"));
    let plane = sandbox.file("dp.env", &format!("KONG_VAULT_HCV_PORT={}\nAPP_A=x\n", listener.port()));
    let args = ["--dp-env", &plane, "--dp-conf", &conf];
    assert_eq!(
        sandbox.verdicts(&by_name("{vault://env/a}"), &args, &[]),
        verdict("found", "secret_found")
    );
    let other = sandbox.file("other.env", "KONG_VAULT_HCV_PORT=1\n");
    let ran = sandbox
        .diff(&hcv, &[&args[..], &["--dp-env", &other]].concat(), &[token])
        .ends(0);
    ran.tells("different settings of the backend 'hcv'");
    let (one, two) = (
        sandbox.file("one.env", "KONG_VAULT_ENV_PREFIX=A_\nA_X=1\n"),
        sandbox.file("two.env", "X=1\n"),
    );
    let both = sandbox.verdicts(&by_name("{vault://env/x}"), &["--dp-env", &one, "--dp-env", &two], &[]);
    assert_eq!(both, verdict("found", "secret_found"));
    let alone = sandbox.verdicts(&by_name("{vault://env/x}"), &["--dp-env", &one], &[]);
    assert_eq!(alone, verdict("found", "secret_found"));
}

#[test]
fn what_a_plan_touches_stops_it_and_what_stands_already_is_a_warning() {
    let sandbox = Sandbox::new();
    let empty = sandbox.file("empty.env", "");
    let state = with_variable("a");
    let missing = |policy: &str, state: &str| sandbox.diff(state, &["--dp-env", &empty, "--references", policy], &[]);
    for (policy, exit) in [("strict", 3), ("default", 3), ("warn", 0), ("off", 0)] {
        missing(policy, &state).ends(exit);
    }
    sandbox.sync(&state, &[]);
    for (policy, exit) in [("strict", 3), ("default", 0), ("warn", 0), ("off", 0)] {
        let ran = missing(policy, &state).ends(exit);
        let told = ran.err.contains("the variable APP_A is not defined");
        assert_eq!(told, policy != "off", "{}", ran.err);
    }
    // another change goes through, one of the vault does not
    let beside = format!("{state}services:\n- {{name: s, url: 'http://example.com'}}\n");
    missing("default", &beside).ends(0).tells("warning");
    missing("default", &state.replace("APP_", "APPS_")).ends(3);
    missing(
        "default",
        &state.replace("- {name: loggly, ", "- {name: loggly, enabled: false, "),
    )
    .ends(3);
}

#[test]
fn grammar_and_fields_hold_whatever_the_policy() {
    let sandbox = Sandbox::new();
    for state in [
        by_name("{vault://}"),
        "_format_version: \"3.0\"\nconsumers:\n- {username: '{vault://env/a}'}\n".to_owned(),
    ] {
        for (policy, exit) in [("strict", 3), ("default", 3), ("off", 3), ("warn", 0)] {
            sandbox.diff(&state, &["--references", policy], &[]).ends(exit);
        }
    }
}

#[test]
fn a_vault_in_use_is_the_guards_whatever_the_policy() {
    let sandbox = Sandbox::new();
    let state = with_variable("a");
    sandbox.sync(&state, &[]);
    let vault = state.lines().nth(2).expect("the vault");
    let without = state.replace("vaults:\n", "").replace(&format!("{vault}\n"), "");
    for policy in ["strict", "default", "warn", "off"] {
        let ran = sandbox.diff(&without, &["--references", policy], &[]).ends(5);
        ran.tells("--allow-delete-in-use");
        let allowed = ["--allow-delete-in-use", "--references", policy, "--json-output"];
        let allowed = sandbox.diff(&without, &allowed, &[]).ends(0);
        assert_eq!(allowed.verdicts(), verdict("missing", "deleted_vault"));
    }
    // what is written anew, and names what goes, is wrong by itself
    let changed = without.replace("- {name: loggly, ", "- {name: loggly, enabled: false, ");
    sandbox
        .diff(&changed, &["--allow-delete-in-use"], &[])
        .ends(3)
        .tells("this plan takes the vault 'my-env' away");
}

#[test]
fn a_vault_named_as_a_backend_is_told() {
    let sandbox = Sandbox::new();
    let state = with_variable("a").replace("my-env", "aws");
    sandbox.file("repo/kong.yaml", &state);
    // where all backends are loaded, it is refused
    let ran = sandbox.run(&["diff", "kong.yaml"], &[]).ends(3);
    ran.tells("it takes no such vault");
    let node = ServedControlPlane::serve(&["--vaults", "env"]);
    let ran = sandbox
        .run(&["diff", "kong.yaml", "--kong-addr", &node.address], &[])
        .ends(0);
    ran.tells("kong.yaml:3:23: warning: the prefix 'aws' is the name of a backend: where that is loaded");
}

#[test]
fn what_other_teams_refer_to_is_asked_for_on_demand_and_stops_nothing() {
    let sandbox = Sandbox::new();
    let tagged = |tag: &str, body: &str| format!("_format_version: \"3.0\"\n_info: {{select_tags: [{tag}]}}\n{body}");
    let theirs = "plugins:\n- {name: loggly, config: {key: '{vault://env/gone}'}}\n";
    sandbox.sync(&tagged("theirs", theirs), &[]);
    let ours = tagged(
        "ours",
        "vaults:\n- {name: env, prefix: my-env}\nplugins:\n- {name: cors}\n",
    );
    let empty = sandbox.file("empty.env", "");
    let args = ["--dp-env", &*empty, "--references", "strict"];
    let known = sandbox.verdicts(&ours, &args, &[]);
    assert_eq!(known, verdict("not_checkable", "not_asked"));
    sandbox.diff(&ours, &args, &[]).ends(0);
    let asked = [&args[..], &["--references-foreign"]].concat();
    assert_eq!(
        sandbox.verdicts(&ours, &asked, &[]),
        verdict("missing", "no_such_variable")
    );
    sandbox
        .diff(&ours, &asked, &[])
        .ends(0)
        .tells("warning: the variable GONE is not defined");
}

/// Services with a plugin each, whose headers hold five references.
fn many(services: usize, reference: impl Fn(usize) -> String) -> String {
    let mut state =
        "_format_version: \"3.0\"\nvaults:\n- {name: hcv, prefix: my-team, config: {kv: v1}}\nservices:\n".to_owned();
    for service in 0..services {
        let headers = (0..5).map(|header| format!("h{header}: '{}'", reference(service * 5 + header)));
        let headers = headers.collect::<Vec<_>>().join(", ");
        state += &format!(
            "- name: s{service}\n  url: http://example.com\n  plugins:\n  - {{name: http-log, config: {{http_endpoint: 'http://h', headers: {{{headers}}}}}}}\n"
        );
    }
    state
}

#[test]
fn each_distinct_secret_is_fetched_once() {
    let (sandbox, listener) = (Sandbox::new(), VaultListener::new());
    sandbox.file("home/.strongroom.yaml", &settings(&listener, "token_env: THEIRS"));
    let state = many(100, |at| format!("{{vault://my-team/s{}/key}}", at % 20));
    let found = sandbox.verdicts(&state, &[], &[("THEIRS", TOKEN)]);
    assert_eq!(found.len(), 500);
    assert!(found.iter().all(|one| *one == verdict("found", "secret_found")[0]));
    let asked = listener.received().matches("GET /v1/secret/s").count();
    assert_eq!(asked, 20, "{}", listener.received());
}

#[test]
fn one_bad_reference_among_many_changes_and_nothing_is_written() {
    let (sandbox, listener) = (Sandbox::new(), VaultListener::new());
    sandbox.file("home/.strongroom.yaml", &settings(&listener, "token_env: THEIRS"));
    let state = many(100, |at| match at {
        250 => "{vault://my-team/s/other}".to_owned(),
        _ => "{vault://my-team/s/key}".to_owned(),
    });
    sandbox.file("repo/kong.yaml", &state);
    let ran = sandbox
        .run(&["sync", "kong.yaml", "--yes"], &[("THEIRS", TOKEN)])
        .ends(3);
    ran.tells("has no member 'other'")
        .tells("kong.yaml:208:72: error")
        .tells("nothing was written");
    let dump = sandbox.run(&["dump"], &[]).ends(0);
    assert!(
        !dump.out.contains("http-log") && !dump.out.contains("my-team"),
        "{}",
        dump.out
    );
}

#[test]
fn a_file_in_the_repository_sets_no_flags_wherever_it_is_named() {
    let (sandbox, listener) = (Sandbox::new(), VaultListener::new());
    let flags = format!("kong-addr: {}\nheaders: ['kong-admin-token:{TOKEN}']\n", listener.url());
    let inside = sandbox.file("repo/flags.yaml", &flags);
    sandbox.file("repo/kong.yaml", STATE);
    let variables = [("STRONGROOM_KONG_ADDR", "")];
    let args = ["diff", "kong.yaml", "--config", &inside, "--timeout", "1"];
    let ran = sandbox.run(&args, &variables);
    assert_eq!(listener.received(), "");
    ran.tells("'kong-addr' in").tells("holds for nothing");
    let outside = sandbox.file("flags.yaml", &flags);
    sandbox.run(
        &["diff", "kong.yaml", "--config", &outside, "--timeout", "1"],
        &variables,
    );
    assert!(listener.received().contains("GET /"));
}
