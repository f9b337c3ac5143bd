//! `env`: the environment of the data planes, as far as `--dp-env` gives it.

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};

use super::{Backend, BackendContext, DataPlaneEnvironment};
use reference::{Finding, Reason, SecretRequest, SecretResponse, VaultTarget, format_variable_name};

struct EnvBackend {
    /// The prefix for all data planes; none, if each has its own.
    prefix: Option<String>,
    /// Whether a template fills the prefix in: messages do not show it.
    is_prefix_hidden: bool,
    data_planes: Vec<DataPlaneEnvironment>,
    is_set_locally: Box<dyn Fn(&str) -> bool + Send + Sync>,
}

/// Reads the environments of `--dp-env`; there may be none.
pub(crate) fn open(target: &VaultTarget, context: &BackendContext) -> Result<Box<dyn Backend>, Finding> {
    let environment = context.environment.clone();
    let is_prefix_given = !target.is_backend_name || target.settings.contains_key("prefix");
    Ok(Box::new(EnvBackend {
        prefix: is_prefix_given.then(|| target.text("prefix").unwrap_or_default().to_owned()),
        is_prefix_hidden: target.is_templated("prefix"),
        data_planes: context.data_planes.clone(),
        is_set_locally: Box::new(move |name| environment(name).is_some()),
    }))
}

impl Backend for EnvBackend {
    fn fetch<'a>(&'a self, requests: &'a [SecretRequest]) -> BoxFuture<'a, Vec<SecretResponse>> {
        ready(requests.iter().map(|request| self.look_up(request)).collect()).boxed()
    }
}

impl EnvBackend {
    fn look_up(&self, request: &SecretRequest) -> SecretResponse {
        let is_previous = request.version.as_deref() == Some("2");
        let name = |prefix: &str| format_variable_name(prefix, &request.resource, is_previous);
        let shown = |prefix: &str| match self.is_prefix_hidden {
            true => format!("PREFIX…{}", name("")),
            false => name(prefix),
        };
        let prefix = |data_plane: &'_ DataPlaneEnvironment| {
            self.prefix
                .clone()
                .or_else(|| data_plane.prefix.clone())
                .unwrap_or_default()
        };
        match self.data_planes.as_slice() {
            [] => {
                let prefix = self.prefix.as_deref().unwrap_or_default();
                SecretResponse::Unavailable(self.unchecked_variable_finding(&name(prefix), &shown(prefix)))
            }
            data_planes => SecretResponse::PerPlane(
                data_planes
                    .iter()
                    .map(|data_plane| (data_plane, prefix(data_plane)))
                    .map(|(data_plane, prefix)| {
                        (
                            data_plane.name.clone(),
                            look_up_on_plane(data_plane, &name(&prefix), &shown(&prefix)),
                        )
                    })
                    .collect(),
            ),
        }
    }

    fn unchecked_variable_finding(&self, name: &str, shown: &str) -> Finding {
        let advice = "give what the data planes define with --dp-env FILE (dotenv, Kubernetes Secret or ConfigMap)";
        let help = match (self.is_set_locally)(name) {
            true => format!("set here, unknown on the data planes; {advice}, or --dp-env process if this is one"),
            false => advice.to_owned(),
        };
        let message = format!("the variable {shown} cannot be checked from here: every data plane must define it");
        Finding::new(Reason::DataPlaneEnvironment, message)
            .about(shown)
            .help(help)
    }
}

fn look_up_on_plane(data_plane: &DataPlaneEnvironment, name: &str, shown: &str) -> SecretResponse {
    match data_plane.variables.get(name) {
        Some(value) => SecretResponse::Text(value.clone()),
        None => SecretResponse::Unavailable(
            Finding::new(Reason::NoSuchVariable, format!("the variable {shown} is not defined"))
                .about(shown)
                .help("define it on the data plane, or correct the reference"),
        ),
    }
}
