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
        if self.data_planes.is_empty() {
            let variable = self.variable(request, self.prefix.clone().unwrap_or_default());
            return SecretResponse::Unavailable(self.unchecked_variable_finding(&variable));
        }
        let responses = self.data_planes.iter().map(|data_plane| {
            let prefix = self.prefix.as_ref().or(data_plane.prefix.as_ref());
            let variable = self.variable(request, prefix.cloned().unwrap_or_default());
            (data_plane.name.clone(), variable.look_up(data_plane))
        });
        SecretResponse::PerPlane(responses.collect())
    }

    fn variable(&self, request: &SecretRequest, prefix: String) -> Variable {
        let is_previous = request.version.as_deref() == Some("2");
        let format_name = |prefix: &str| format_variable_name(prefix, &request.resource, is_previous);
        let name = format_name(&prefix);
        Variable {
            shown: match self.is_prefix_hidden {
                true => format!("PREFIX…{}", format_name("")),
                false => name.clone(),
            },
            name,
            prefix: (!self.is_prefix_hidden).then_some(prefix),
        }
    }

    fn unchecked_variable_finding(&self, variable: &Variable) -> Finding {
        let advice = "give what the data planes define with --dp-env FILE (dotenv, Kubernetes Secret or ConfigMap)";
        let help = match (self.is_set_locally)(&variable.name) {
            true => format!("set here, unknown on the data planes; {advice}, or --dp-env process if this is one"),
            false => advice.to_owned(),
        };
        let help = match variable.separated_name().zip(variable.prefix.as_deref()) {
            Some((separated, prefix)) => format!("{help}; if they define {separated}, the prefix must be '{prefix}_'"),
            None => help,
        };
        let shown = &variable.shown;
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

    /// The name with an underscore between the prefix and the rest, if there is a prefix and none yet.
    fn separated_name(&self) -> Option<String> {
        let prefix = self.prefix.as_deref().filter(|prefix| !prefix.is_empty())?;
        let rest = self.name.get(prefix.len()..)?;
        let is_separated = prefix.ends_with(['_', '-']) || rest.starts_with('_');
        (!is_separated).then(|| format_variable_name(&format!("{prefix}_"), rest, false))
    }

    /// What to do where the data plane defines a variable of nearly the same name.
    fn near_variable_help(&self, data_plane: &DataPlaneEnvironment) -> Option<String> {
        let prefix = self.prefix.as_deref()?;
        let names = || data_plane.variables.keys().map(String::as_str);
        let separated = self.separated_name();
        if let Some(separated) = separated.filter(|separated| names().any(|name| name == separated)) {
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
    fn a_prefix_without_its_underscore_is_reported_without_data_planes_too() {
        let backend = |prefix: &str, is_prefix_hidden| EnvBackend {
            prefix: Some(prefix.to_owned()),
            is_prefix_hidden,
            data_planes: Vec::new(),
            is_set_locally: Box::new(|_| false),
        };
        let request = SecretRequest {
            resource: "cert".to_owned(),
            version: None,
        };
        let is_reported = |backend: &EnvBackend| match backend.look_up(&request) {
            SecretResponse::Unavailable(finding) => finding
                .help
                .is_some_and(|help| help.ends_with("if they define MY_CERT, the prefix must be 'MY_'")),
            _ => false,
        };
        assert!(is_reported(&backend("MY", false)));
        assert!(!is_reported(&backend("MY_", false)));
        assert!(!is_reported(&backend("MY", true)));
        assert!(!is_reported(&backend("", false)));
    }

    #[test]
    fn no_variable_is_suggested_where_none_is_near_or_names_are_hidden() {
        assert_eq!(help_for(Some("MY_SECRET"), "cert", &["PATH", "HOME"]), None);
        assert_eq!(help_for(None, "cert", &["CERTS"]), None);
    }
}
