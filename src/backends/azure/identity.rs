use crate::BackendContext;
use crate::cloud_settings::{environment_secret, environment_text};
use crate::findings::{bad_settings_finding, incomplete_pair_finding};
use crate::operator::operator_variable_name;
use reference::{Finding, Reason, Secret, SettingOrigin, VaultTarget};

/// What the variables of Azure's own tools begin with.
const DEFAULT_VARIABLE_PREFIX: &str = "AZURE";

/// An application in a directory.
///
/// Beside a secret of this machine, a state file may say both: then the secret goes to the vendor's own host, for a
/// directory of that file's choosing. Nobody there is shown it. What Microsoft tells the owner of a directory of a login
/// that it refused is which application it was for, when and from where, never what was shown; and a login that it lets
/// in gives a token of that very application, which opens what its owner could open anyhow. What a template fills in
/// would be told, which is why that is refused. A machine's own token is another matter: several applications may trust
/// it, and to choose one of them is not for a state file.
pub struct AzureIdentity {
    /// The directory.
    pub tenant_id: String,
    /// The application.
    pub client_id: String,
}

/// Where an identity is looked for, and whose word counts.
pub struct IdentitySearch<'a> {
    target: &'a VaultTarget,
    context: &'a BackendContext,
    variable_prefix: String,
}

/// What it is that an identity is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum CredentialOrigin {
    /// A credential that the checker's side says of this vault: then the vault's config goes before the environment.
    Settings,
    /// One of the environment: what stands beside it there belongs to it.
    Environment,
}

/// A part of an identity, and who says it.
type IdentityPart = (String, SettingOrigin);

impl<'a> IdentitySearch<'a> {
    /// The variables that credentials stand in are those that the vault's `credentials_prefix` says, if its word counts and
    /// they are set, and else those of Azure's own tools.
    pub fn new(target: &'a VaultTarget, context: &'a BackendContext) -> Self {
        let mut search = Self {
            target,
            context,
            variable_prefix: DEFAULT_VARIABLE_PREFIX.to_owned(),
        };
        let said = target
            .get("credentials_prefix")
            .filter(|said| search.may_choose(said.origin));
        if let Some(prefix) = said.and_then(|said| said.value.text()) {
            let is_set = environment_secret(context, &format!("{prefix}_CLIENT_SECRET")).is_some();
            search.variable_prefix = if is_set { prefix } else { DEFAULT_VARIABLE_PREFIX }.to_owned();
        }
        search
    }

    /// Whether somebody may choose among what this machine has: the checker's side, live vaults of these scopes, and
    /// trusted files.
    fn may_choose(&self, side: SettingOrigin) -> bool {
        match side {
            SettingOrigin::Operator => true,
            SettingOrigin::Live => self.target.owned || self.target.is_backend_name,
            SettingOrigin::Template | SettingOrigin::Repository => self.context.allowed_hosts.allows_all(),
        }
    }

    /// The prefix of the state file's that does not count.
    pub fn has_ignored_prefix(&self) -> bool {
        let said = self.target.get("credentials_prefix");
        said.is_some_and(|said| !self.may_choose(said.origin) && said.value.text() != Some(DEFAULT_VARIABLE_PREFIX))
    }

    /// The secret of an application that the environment holds.
    pub fn environment_client_secret(&self) -> Option<Secret> {
        environment_secret(self.context, &self.variable_name("client_secret"))
    }

    fn variable_name(&self, word: &str) -> String {
        format!("{}_{}", self.variable_prefix, word.to_ascii_uppercase())
    }

    /// The identity that a secret is for.
    ///
    /// # Errors
    /// Half of one, one that is none, or one that a state file makes of what is this machine's.
    pub fn identity_for_secret(&self, beside: CredentialOrigin) -> Result<AzureIdentity, Finding> {
        self.find_identity(beside, |_| true)
    }

    /// The identity that trusts a token.
    ///
    /// # Errors
    /// Half of one, or one that is none.
    pub fn identity_for_token(&self, beside: CredentialOrigin) -> Result<AzureIdentity, Finding> {
        self.find_identity(beside, |side| self.may_choose(side))
    }

    /// Which of its identities a machine is to take, if that is said.
    pub fn managed_identity_client_id(&self) -> Option<String> {
        let part = self.find_part("client_id", CredentialOrigin::Environment, &|side| {
            self.may_choose(side)
        });
        part.map(|(client, _)| client)
    }

    fn find_part(
        &self,
        word: &str,
        beside: CredentialOrigin,
        counts: &dyn Fn(SettingOrigin) -> bool,
    ) -> Option<IdentityPart> {
        let said = self.target.get(word).filter(|said| counts(said.origin));
        let said = said.and_then(|said| Some((said.value.text()?.to_owned(), said.origin)));
        let of_machine = || {
            Some((
                environment_text(self.context, &self.variable_name(word))?,
                SettingOrigin::Operator,
            ))
        };
        match said {
            Some((_, side)) if side != SettingOrigin::Operator && beside == CredentialOrigin::Environment => {
                of_machine().or(said)
            }
            Some(_) => said,
            None => of_machine(),
        }
    }

    fn find_identity(
        &self,
        beside: CredentialOrigin,
        counts: impl Fn(SettingOrigin) -> bool,
    ) -> Result<AzureIdentity, Finding> {
        let vault = &self.target.name;
        let part = |word| {
            self.find_part(word, beside, &counts)
                .ok_or_else(|| self.incomplete_pair_finding(word))
        };
        let (tenant, whose) = part("tenant_id")?;
        let (client, of) = part("client_id")?;
        if !is_identifier(&tenant) || !is_identifier(&client) {
            return Err(bad_settings_finding(
                vault,
                "its tenant_id or its client_id is none: each is a word such as 00000000-0000-0000-0000-000000000000",
            ));
        }
        if of == SettingOrigin::Template && whose > SettingOrigin::Live && !self.context.allowed_hosts.allows_all() {
            return Err(self.templated_client_id_finding());
        }
        Ok(AzureIdentity {
            tenant_id: tenant,
            client_id: client,
        })
    }

    fn incomplete_pair_finding(&self, lacks: &str) -> Finding {
        let vault = &self.target.name;
        let (own, machine) = (operator_variable_name(vault, lacks), self.variable_name(lacks));
        incomplete_pair_finding(vault, lacks).help(format!("set {machine} or {own} where the check runs"))
    }

    /// Whoever owns a directory sees which applications ask to be let in.
    fn templated_client_id_finding(&self) -> Finding {
        let vault = &self.target.name;
        let message = format!(
            "the vault '{vault}' is not asked: a template fills in its client_id, and a state file says whose directory that is shown to"
        );
        let (own, machine) = (
            operator_variable_name(vault, "tenant_id"),
            self.variable_name("tenant_id"),
        );
        Finding::new(Reason::UntrustedHost, message)
            .about(vault)
            .help(format!("name the directory where the check runs: {machine} or {own}"))
    }
}

/// Both become parts of a request.
fn is_identifier(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    text.len() <= 256 && text.bytes().all(fits) && text.bytes().any(|byte| byte != b'.')
}
