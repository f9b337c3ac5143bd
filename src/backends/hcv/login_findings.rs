//! Logins that cannot be made: what is missing, and what to set instead.

use crate::findings;
use crate::operator::operator_variable_name;
use reference::{Finding, Reason, VaultTarget};

/// Said once of a vault, whatever is wanted of it.
pub fn no_credentials_finding(target: &VaultTarget, way: &str) -> Finding {
    let vault = &target.name;
    let message = match target.owned || target.is_backend_name {
        true => format!("no credentials are given for the vault '{vault}', so that it is not asked"),
        false => {
            format!("no credentials are given for the vault '{vault}', and those in another team's config are not used")
        }
    };
    let of = |word: &str| operator_variable_name(vault, word);
    let own = match way {
        "approle" => format!("{} and {}", of("role_id"), of("secret_id")),
        "kubernetes" | "jwt" => of("jwt"),
        "cert" => format!("{} and {}", of("client_cert"), of("client_key")),
        "userpass" => format!("{} and {}", of("username"), of("password")),
        _ => {
            let help = format!(
                "set {}, or the credentials of an AppRole, a JWT or a certificate",
                of("token")
            );
            return Finding::new(Reason::NoCredentials, message).about(vault).help(help);
        }
    };
    Finding::new(Reason::NoCredentials, message)
        .about(vault)
        .help(format!("set {own} where the check runs, or {} instead", of("token")))
}

/// One part of what goes together only.
pub fn incomplete_pair_finding(target: &VaultTarget, lacks: &str) -> Finding {
    findings::incomplete_pair_finding(&target.name, lacks).help(format!(
        "say it too, {} where the check runs, or none of them",
        operator_variable_name(&target.name, lacks)
    ))
}

/// Logins that need a cloud's machine or signature.
pub fn unsupported_login_finding(target: &VaultTarget, way: &str) -> Finding {
    let vault = &target.name;
    // a word that no schema knows may be anything
    let known = ["gcp_iam", "gcp_gce", "azure", "aws_ec2", "aws_iam"].contains(&way);
    let how = if known {
        format!("by {way}")
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
