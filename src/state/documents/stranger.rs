use crate::state::Node;

/// Files that stand beside state files or are taken for them, by keys that only they have.
const STRANGERS: [(&[&str], &str); 8] = [
    (&["apiVersion", "kind"], "a Kubernetes manifest"),
    (&["openapi"], "an OpenAPI description"),
    (&["swagger"], "an OpenAPI description"),
    (&["services", "volumes"], "a Docker Compose file"),
    (&["services", "networks"], "a Docker Compose file"),
    (&["_type", "resources"], "an Insomnia export"),
    (&["jobs", "on"], "a GitHub workflow"),
    (&["rules", "extends"], "a ruleset for a linter"),
];

/// What a file is, where it is plainly something else than a state file.
pub(super) fn stranger(root: &Node) -> Option<&'static str> {
    if root.get("_format_version").is_some() {
        return None;
    }
    STRANGERS
        .iter()
        .find(|(keys, _)| keys.iter().all(|key| root.get(key).is_some()))
        .map(|(_, what)| *what)
}

/// What to do about a file that is something else.
pub(super) fn remedy(what: &str) -> &'static str {
    match what {
        "a Kubernetes manifest" => {
            "resources of the Kong Ingress Controller are applied with kubectl; a state file begins with `_format_version: \"3.0\"` and lists `services`, `routes`, `plugins` …"
        }
        "an OpenAPI description" => "`deck file openapi2kong` makes a state file of it",
        _ => "leave it out of what is read",
    }
}
