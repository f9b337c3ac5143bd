//! `env`: the environment of the data planes, as far as `--dp-env` gives it.

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};

use super::{Backend, BackendContext, DataPlaneEnvironment};
use reference::{Finding, Reason, SecretRequest, SecretResponse, VaultTarget, format_variable_name};
use yaml::suggest_similar;

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
                        let variable = Variable {
                            name: name(&prefix),
                            shown: shown(&prefix),
                            prefix: (!self.is_prefix_hidden).then_some(prefix),
                        };
                        (data_plane.name.clone(), variable.look_up(data_plane))
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

/// A variable that a reference asks a data plane for.
struct Variable {
    name: String,
    /// Its name in messages.
    shown: String,
    /// The vault's prefix, unless messages must not show it.
    prefix: Option<String>,
}

impl Variable {
    fn look_up(&self, data_plane: &DataPlaneEnvironment) -> SecretResponse {
        if let Some(value) = data_plane.variables.get(&self.name) {
            return SecretResponse::Text(value.clone());
        }
        let shown = self.shown.as_str();
        let help = self
            .near_variable_help(data_plane)
            .unwrap_or_else(|| "define it on the data plane, or correct the reference".to_owned());
        SecretResponse::Unavailable(
            Finding::new(Reason::NoSuchVariable, format!("the variable {shown} is not defined"))
                .about(shown)
                .help(help),
        )
    }

    /// What to do where the data plane defines a variable of nearly the same name.
    fn near_variable_help(&self, data_plane: &DataPlaneEnvironment) -> Option<String> {
        let prefix = self.prefix.as_deref()?;
        let names = || data_plane.variables.keys().map(String::as_str);
        let separated = format_variable_name(&format!("{prefix}_"), self.name.get(prefix.len()..)?, false);
        if !prefix.is_empty() && names().any(|name| name == separated) {
            return Some(format!(
                "{separated} is defined: Kong puts nothing between the vault's prefix and the secret's name, so that the \
                 prefix must be '{prefix}_'"
            ));
        }
        let without_underscores = |name: &str| name.replace('_', "");
        let same_letters = names().find(|name| without_underscores(name) == without_underscores(&self.name));
        let near = same_letters.or_else(|| suggest_similar(&self.name, names()))?;
        Some(format!("did you mean {near}, which is defined?"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn help_for(prefix: Option<&str>, name: &str, defined: &[&str]) -> Option<String> {
        let value = |name: &&str| {
            (
                (*name).to_owned(),
                reference::Secret::from(zeroize::Zeroizing::new(b"zyzzyva".to_vec())),
            )
        };
        let data_plane = DataPlaneEnvironment {
            name: "plane".to_owned(),
            variables: defined.iter().map(value).collect::<BTreeMap<_, _>>(),
            prefix: None,
        };
        let variable = Variable {
            name: format_variable_name(prefix.unwrap_or_default(), name, false),
            shown: name.to_owned(),
            prefix: prefix.map(str::to_owned),
        };
        variable.near_variable_help(&data_plane)
    }

    #[test]
    fn a_near_variable_is_suggested() {
        let help = help_for(Some("MY_SECRET"), "cert", &["MY_SECRET_CERT", "PATH"]).expect("help");
        assert!(
            help.starts_with("MY_SECRET_CERT is defined") && help.ends_with("must be 'MY_SECRET_'"),
            "{help}"
        );
        for (prefix, name, defined) in [("", "my-secretcert", "MY_SECRET_CERT"), ("A_", "tokne", "A_TOKEN")] {
            let help = help_for(Some(prefix), name, &["PATH", defined]).expect("help");
            assert_eq!(help, format!("did you mean {defined}, which is defined?"));
        }
    }

    #[test]
    fn no_variable_is_suggested_where_none_is_near_or_names_are_hidden() {
        assert_eq!(help_for(Some("MY_SECRET"), "cert", &["PATH", "HOME"]), None);
        assert_eq!(help_for(None, "cert", &["CERTS"]), None);
    }
}
