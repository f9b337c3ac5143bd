//! A dump goes by the schemas of the node that is dumped.

#[allow(dead_code)] // each test uses its part
use crate::common::fake_server::{FakeServer, ReceivedRequest, Reply};
use crate::common::sandbox::Sandbox;
use serde_json::json;

/// A node with a plugin of its own: one field has a default, one is a secret.
fn answer(heard: &ReceivedRequest) -> Reply {
    let path = heard.path.split('?').next().unwrap_or_default();
    let body = match path {
        "/" => json!({"version": "3.9.1", "plugins": {"available_on_server": {"of-our-own": {"version": "1"}}}}),
        "/schemas/plugins/of-our-own" => json!({"fields": [
            {"protocols": {"type": "set", "elements": {"type": "string"}, "default": ["http", "https"]}},
            {"config": {"type": "record", "required": true, "fields": [
                {"depth": {"type": "integer", "default": 7}},
                {"pin": {"type": "string", "encrypted": true}},
                {"word": {"type": "string"}},
            ]}},
        ]}),
        "/plugins" => json!({"data": [{
            "id": "11111111-1111-4111-8111-111111111111", "name": "of-our-own", "enabled": true,
            "protocols": ["http", "https"], "config": {"depth": 7, "pin": "zyzzyva", "word": "said"},
        }], "next": null}),
        _ if path.starts_with("/schemas/") => return Reply::new(404, json!({"message": "Not found"}).to_string()),
        _ => json!({"data": [], "next": null}),
    };
    Reply::new(200, body.to_string())
}

#[test]
fn what_the_nodes_own_schemas_fill_in_is_left_out_and_what_they_hide_is_hidden() {
    let (node, sandbox) = (FakeServer::start(answer), Sandbox::new());
    let dump = ["dump", "--kong-addr", &node.url(), "--skip-defaults", "--sanitize"];
    let ran = sandbox.run(&dump, &[]).ends(0);
    assert!(ran.out.contains("word: said"), "{}", ran.out);
    assert!(ran.out.contains("pin: "), "{}", ran.out);
    assert!(!ran.out.contains("depth"), "{}", ran.out);
}
