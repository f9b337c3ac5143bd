use super::phrases::OTHER_FORMATS;
use yaml::{Node, NodeData};

/// What a file is, if it is plainly something else than a state file.
pub(super) fn detect_other_format(root: &Node) -> Option<&'static str> {
    if root.get("_format_version").is_some() {
        return None;
    }
    if is_docker_compose(root) {
        return Some("a Docker Compose file");
    }
    OTHER_FORMATS
        .iter()
        .find(|(keys, _)| keys.iter().all(|key| root.get(key).is_some()))
        .map(|(_, what)| *what)
}

/// Docker Compose names its services and says what each is made of.
fn is_docker_compose(root: &Node) -> bool {
    let services = root.get("services").map_or(&[][..], Node::entries);
    let has_source = |node: &Node| node.get("image").is_some() || node.get("build").is_some();
    !services.is_empty()
        && services
            .iter()
            .all(|service| matches!(service.value.data, NodeData::Map(_)) && has_source(&service.value))
}

/// What to do about a file that is something else.
pub(super) fn other_format_help(what: &str) -> &'static str {
    match what {
        "a Kubernetes manifest" => {
            "resources of the Kong Ingress Controller are applied with kubectl; a state file begins with `_format_version: \"3.0\"` and lists `services`, `routes`, `plugins` …"
        }
        "an OpenAPI description" => "`deck file openapi2kong` makes a state file of it",
        "an answer of the Admin API" => "`strongroom dump` makes a state file of what a control plane holds",
        _ => "leave it out of what is read",
    }
}
