use crate::BackendContext;
use crate::cloud_settings::{environment_secret, environment_text};
use crate::findings::{bad_settings_finding, incomplete_pair_finding};
use crate::operator::operator_variable_name;
use reference::{Finding, Reason, Secret, SettingOrigin, VaultTarget};

/// The prefix of the variables of Azure's own tools.
const DEFAULT_VARIABLE_PREFIX: &str = "AZURE";

/// An application in a directory.
///
/// A state file may name both parts of the identity that a secret of this machine is used with. The secret then goes to the
/// vendor's own host, for a directory of that file's choice, whose owner does not see it: of a rejected login, Microsoft
/// shows the owner the application, the time and the origin, never the secret; an accepted one gives a token of that very
/// application, which opens only what its owner could open anyway. What a template fills in would be shown, so that is
/// rejected. A machine's own token is different: several applications may trust it, and a state file must not choose one.
pub(crate) struct AzureIdentity {
    pub(crate) tenant_id: String,
    pub(crate) client_id: String,
}

/// Where an identity is searched, and who is trusted to choose it.
pub(crate) struct IdentitySearch<'a> {
    target: &'a VaultTarget,
    context: &'a BackendContext,
    variable_prefix: String,
}

/// Where the credential of an identity comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum CredentialOrigin {
    /// The operator gives it for this vault: then the vault's config takes precedence over the environment.
    Settings,
    /// The environment: what stands beside it there belongs to it.
    Environment,
}

/// A part of an identity, and who gives it.
type IdentityPart = (String, SettingOrigin);

impl<'a> IdentitySearch<'a> {
    /// The variables of credentials have the vault's `credentials_prefix`, if it is trusted and they are set, else that of
    /// Azure's own tools.
    pub(crate) fn new(target: &'a VaultTarget, context: &'a BackendContext) -> Self {
        let mut search = Self {
            target,
            context,
            variable_prefix: DEFAULT_VARIABLE_PREFIX.to_owned(),
        };
        let setting = target
            .get("credentials_prefix")
            .filter(|setting| search.may_choose(setting.origin));
        if let Some(prefix) = setting.and_then(|setting| setting.value.text()) {
            let is_set = environment_secret(context, &format!("{prefix}_CLIENT_SECRET")).is_some();
            search.variable_prefix = if is_set { prefix } else { DEFAULT_VARIABLE_PREFIX }.to_owned();
        }
        search
    }

    /// Whether somebody may choose among what this machine has: the operator, live vaults of these scopes, and trusted files.
    fn may_choose(&self, origin: SettingOrigin) -> bool {
        match origin {
            SettingOrigin::Operator => true,
            SettingOrigin::Live => self.target.owned || self.target.is_backend_name,
            SettingOrigin::Template | SettingOrigin::Repository => self.context.allowed_hosts.allows_all(),
        }
    }

    /// Whether the vault has a prefix that is not trusted.
    pub(crate) fn has_ignored_prefix(&self) -> bool {
        let setting = self.target.get("credentials_prefix");
        setting.is_some_and(|setting| {
            !self.may_choose(setting.origin) && setting.value.text() != Some(DEFAULT_VARIABLE_PREFIX)
        })
    }

    pub(crate) fn environment_client_secret(&self) -> Option<Secret> {
        environment_secret(self.context, &self.variable_name("client_secret"))
    }

    fn variable_name(&self, part_name: &str) -> String {
        format!("{}_{}", self.variable_prefix, part_name.to_ascii_uppercase())
    }

    /// The identity that a secret is for.
    ///
    /// # Errors
    /// Half of one, one that is none, or one that a state file composes of what this machine has.
    pub(crate) fn identity_for_secret(&self, credential_origin: CredentialOrigin) -> Result<AzureIdentity, Finding> {
        self.find_identity(credential_origin, |_| true)
    }

    /// The identity that trusts a token.
    ///
    /// # Errors
    /// Half of one, or one that is none.
    pub(crate) fn identity_for_token(&self, credential_origin: CredentialOrigin) -> Result<AzureIdentity, Finding> {
        self.find_identity(credential_origin, |origin| self.may_choose(origin))
    }

    /// Which of its identities a machine is to take, if one is given.
    pub(crate) fn managed_identity_client_id(&self) -> Option<String> {
        let client_id = self.find_part("client_id", CredentialOrigin::Environment, &|origin| {
            self.may_choose(origin)
        });
        client_id.map(|(client_id, _)| client_id)
    }

    fn find_part(
        &self,
        part_name: &str,
        credential_origin: CredentialOrigin,
        is_trusted: &dyn Fn(SettingOrigin) -> bool,
    ) -> Option<IdentityPart> {
        let setting = self.target.get(part_name).filter(|setting| is_trusted(setting.origin));
        let setting = setting.and_then(|setting| Some((setting.value.text()?.to_owned(), setting.origin)));
        let from_environment = || {
            Some((
                environment_text(self.context, &self.variable_name(part_name))?,
                SettingOrigin::Operator,
            ))
        };
        match setting {
            Some((_, origin))
                if origin != SettingOrigin::Operator && credential_origin == CredentialOrigin::Environment =>
            {
                from_environment().or(setting)
            }
            Some(_) => setting,
            None => from_environment(),
        }
    }

    fn find_identity(
        &self,
        credential_origin: CredentialOrigin,
        is_trusted: impl Fn(SettingOrigin) -> bool,
    ) -> Result<AzureIdentity, Finding> {
        let vault = &self.target.name;
        let find = |part_name| {
            self.find_part(part_name, credential_origin, &is_trusted)
                .ok_or_else(|| self.incomplete_pair_finding(part_name))
        };
        let (tenant_id, tenant_origin) = find("tenant_id")?;
        let (client_id, client_origin) = find("client_id")?;
        if !is_identifier(&tenant_id) || !is_identifier(&client_id) {
            return Err(bad_settings_finding(
                vault,
                "its tenant_id or its client_id is none: each is a word such as 00000000-0000-0000-0000-000000000000",
            ));
        }
        if client_origin == SettingOrigin::Template
            && tenant_origin > SettingOrigin::Live
            && !self.context.allowed_hosts.allows_all()
        {
            return Err(self.templated_client_id_finding());
        }
        Ok(AzureIdentity { tenant_id, client_id })
    }

    fn incomplete_pair_finding(&self, missing: &str) -> Finding {
        let vault = &self.target.name;
        let (variable, environment_variable) = (operator_variable_name(vault, missing), self.variable_name(missing));
        incomplete_pair_finding(vault, missing)
            .help(format!("set {environment_variable} or {variable} where the check runs"))
    }

    /// Whoever owns a directory sees which applications log in.
    fn templated_client_id_finding(&self) -> Finding {
        let vault = &self.target.name;
        let message = format!(
            "the vault '{vault}' is not asked: a template fills in its client_id, and a state file says whose directory that is shown to"
        );
        let (variable, environment_variable) = (
            operator_variable_name(vault, "tenant_id"),
            self.variable_name("tenant_id"),
        );
        Finding::new(Reason::UntrustedHost, message).about(vault).help(format!(
            "name the directory where the check runs: {environment_variable} or {variable}"
        ))
    }
}

/// Both become parts of a URL.
fn is_identifier(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    text.len() <= 256 && text.bytes().all(fits) && text.bytes().any(|byte| byte != b'.')
}
