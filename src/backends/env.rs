//! `env`: the environment of the data planes, as far as this machine is told of it.

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};

use super::{Backend, Context, Plane};
use reference::{Finding, Reason, SecretRequest, SecretResponse, VaultTarget, format_variable_name};

struct Env {
    /// The prefix that is said for all data planes; none, if each has its own.
    prefix: Option<String>,
    /// Whether a template fills the prefix in: messages do not show it.
    hidden: bool,
    planes: Vec<Plane>,
    set_here: Box<dyn Fn(&str) -> bool + Send + Sync>,
}

/// The environments that `--dp-env` gives; none is fine, too.
pub fn open(target: &VaultTarget, context: &Context) -> Result<Box<dyn Backend>, Finding> {
    let environment = context.environment.clone();
    let said = !target.is_backend_name || target.settings.contains_key("prefix");
    Ok(Box::new(Env {
        prefix: said.then(|| target.text("prefix").unwrap_or_default().to_owned()),
        hidden: target.is_templated("prefix"),
        planes: context.planes.clone(),
        set_here: Box::new(move |name| environment(name).is_some()),
    }))
}

impl Backend for Env {
    fn fetch<'a>(&'a self, wanted: &'a [SecretRequest]) -> BoxFuture<'a, Vec<SecretResponse>> {
        ready(wanted.iter().map(|wanted| self.look_up(wanted)).collect()).boxed()
    }
}

impl Env {
    fn look_up(&self, wanted: &SecretRequest) -> SecretResponse {
        let previous = wanted.version.as_deref() == Some("2");
        let name = |prefix: &str| format_variable_name(prefix, &wanted.resource, previous);
        let shown = |prefix: &str| match self.hidden {
            true => format!("PREFIX…{}", name("")),
            false => name(prefix),
        };
        let prefix = |plane: &'_ Plane| self.prefix.clone().or_else(|| plane.prefix.clone()).unwrap_or_default();
        match self.planes.as_slice() {
            [] => {
                let prefix = self.prefix.as_deref().unwrap_or_default();
                SecretResponse::Unavailable(self.unknown(&name(prefix), &shown(prefix)))
            }
            planes => SecretResponse::PerPlane(
                planes
                    .iter()
                    .map(|plane| (plane, prefix(plane)))
                    .map(|(plane, prefix)| (plane.name.clone(), of_plane(plane, &name(&prefix), &shown(&prefix))))
                    .collect(),
            ),
        }
    }

    fn unknown(&self, name: &str, shown: &str) -> Finding {
        let given = "give what the data planes define with --dp-env FILE (dotenv, Kubernetes Secret or ConfigMap)";
        let help = match (self.set_here)(name) {
            true => format!("set here, unknown on the data planes; {given}, or --dp-env process if this is one"),
            false => given.to_owned(),
        };
        let message = format!("the variable {shown} cannot be checked from here: every data plane must define it");
        Finding::new(Reason::DataPlaneEnvironment, message)
            .about(shown)
            .help(help)
    }
}

fn of_plane(plane: &Plane, name: &str, shown: &str) -> SecretResponse {
    match plane.variables.get(name) {
        Some(value) => SecretResponse::Text(value.clone()),
        None => SecretResponse::Unavailable(
            Finding::new(Reason::NoSuchVariable, format!("the variable {shown} is not defined"))
                .about(shown)
                .help("define it on the data plane, or correct the reference"),
        ),
    }
}
