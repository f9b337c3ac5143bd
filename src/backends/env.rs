//! `env`: the environment of the data planes, as far as this machine is told of it.

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};

use super::{Backend, BackendContext, DataPlaneEnvironment};
use reference::{Finding, Reason, SecretRequest, SecretResponse, VaultTarget, format_variable_name};

struct EnvBackend {
    /// The prefix that is said for all data planes; none, if each has its own.
    prefix: Option<String>,
    /// Whether a template fills the prefix in: messages do not show it.
    is_prefix_hidden: bool,
    data_planes: Vec<DataPlaneEnvironment>,
    is_set_locally: Box<dyn Fn(&str) -> bool + Send + Sync>,
}

/// The environments that `--dp-env` gives; none is fine, too.
pub fn open(target: &VaultTarget, context: &BackendContext) -> Result<Box<dyn Backend>, Finding> {
    let environment = context.environment.clone();
    let said = !target.is_backend_name || target.settings.contains_key("prefix");
    Ok(Box::new(EnvBackend {
        prefix: said.then(|| target.text("prefix").unwrap_or_default().to_owned()),
        is_prefix_hidden: target.is_templated("prefix"),
        data_planes: context.data_planes.clone(),
        is_set_locally: Box::new(move |name| environment(name).is_some()),
    }))
}

impl Backend for EnvBackend {
    fn fetch<'a>(&'a self, wanted: &'a [SecretRequest]) -> BoxFuture<'a, Vec<SecretResponse>> {
        ready(wanted.iter().map(|wanted| self.look_up(wanted)).collect()).boxed()
    }
}

impl EnvBackend {
    fn look_up(&self, wanted: &SecretRequest) -> SecretResponse {
        let previous = wanted.version.as_deref() == Some("2");
        let name = |prefix: &str| format_variable_name(prefix, &wanted.resource, previous);
        let shown = |prefix: &str| match self.is_prefix_hidden {
            true => format!("PREFIX…{}", name("")),
            false => name(prefix),
        };
        let prefix =
            |plane: &'_ DataPlaneEnvironment| self.prefix.clone().or_else(|| plane.prefix.clone()).unwrap_or_default();
        match self.data_planes.as_slice() {
            [] => {
                let prefix = self.prefix.as_deref().unwrap_or_default();
                SecretResponse::Unavailable(self.unchecked_variable_finding(&name(prefix), &shown(prefix)))
            }
            planes => SecretResponse::PerPlane(
                planes
                    .iter()
                    .map(|plane| (plane, prefix(plane)))
                    .map(|(plane, prefix)| {
                        (
                            plane.name.clone(),
                            look_up_on_plane(plane, &name(&prefix), &shown(&prefix)),
                        )
                    })
                    .collect(),
            ),
        }
    }

    fn unchecked_variable_finding(&self, name: &str, shown: &str) -> Finding {
        let given = "give what the data planes define with --dp-env FILE (dotenv, Kubernetes Secret or ConfigMap)";
        let help = match (self.is_set_locally)(name) {
            true => format!("set here, unknown on the data planes; {given}, or --dp-env process if this is one"),
            false => given.to_owned(),
        };
        let message = format!("the variable {shown} cannot be checked from here: every data plane must define it");
        Finding::new(Reason::DataPlaneEnvironment, message)
            .about(shown)
            .help(help)
    }
}

fn look_up_on_plane(plane: &DataPlaneEnvironment, name: &str, shown: &str) -> SecretResponse {
    match plane.variables.get(name) {
        Some(value) => SecretResponse::Text(value.clone()),
        None => SecretResponse::Unavailable(
            Finding::new(Reason::NoSuchVariable, format!("the variable {shown} is not defined"))
                .about(shown)
                .help("define it on the data plane, or correct the reference"),
        ),
    }
}
