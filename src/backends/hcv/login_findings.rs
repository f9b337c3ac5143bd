//! Logins that are impossible: what is missing, and what to set instead.

use crate::findings;
use crate::operator::operator_variable_name;
use reference::{Finding, Reason, VaultTarget};

pub(crate) fn no_credentials_finding(target: &VaultTarget, method: &str) -> Finding {
    let vault = &target.name;
    let message = match target.owned || target.is_backend_name {
        true => format!("no credentials are given for the vault '{vault}', so that it is not asked"),
        false => {
            format!("no credentials are given for the vault '{vault}', and those in another team's config are not used")
        }
    };
    let variable = |setting: &str| operator_variable_name(vault, setting);
    let variables = match method {
        "approle" => format!("{} and {}", variable("role_id"), variable("secret_id")),
        "kubernetes" | "jwt" => variable("jwt"),
        "cert" => format!("{} and {}", variable("client_cert"), variable("client_key")),
        "userpass" => format!("{} and {}", variable("username"), variable("password")),
        _ => {
            let help = format!(
                "set {}, or the credentials of an AppRole, a JWT or a certificate",
                variable("token")
            );
            return Finding::new(Reason::NoCredentials, message).about(vault).help(help);
        }
    };
    Finding::new(Reason::NoCredentials, message).about(vault).help(format!(
        "set {variables} where the check runs, or {} instead",
        variable("token")
    ))
}

pub(crate) fn incomplete_pair_finding(target: &VaultTarget, missing: &str) -> Finding {
    findings::incomplete_pair_finding(&target.name, missing).help(format!(
        "say it too, {} where the check runs, or none of them",
        operator_variable_name(&target.name, missing)
    ))
}

/// A login that needs a machine or a signature of a cloud.
pub(crate) fn unsupported_login_finding(target: &VaultTarget, method: &str) -> Finding {
    let vault = &target.name;
    // a word that no schema knows may be anything
    let is_known = ["gcp_iam", "gcp_gce", "azure", "aws_ec2", "aws_iam"].contains(&method);
    let how = if is_known {
        format!("by {method}")
    } else {
        "in a way that is not known here".to_owned()
    };
    Finding::new(
        Reason::UnsupportedLogin,
        format!("data planes log in to the vault '{vault}' {how}, which cannot be done from here"),
    )
    .about(vault)
    .help(format!(
        "give the check credentials of its own, such as {}",
        operator_variable_name(vault, "token")
    ))
}
