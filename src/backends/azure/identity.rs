use crate::Context;
use crate::checker::{secret, text, unusable, variable};
use reference::{Finding, Reason, Secret, SettingOrigin, VaultTarget};

/// What the variables of Azure's own tools begin with.
const PREFIX: &str = "AZURE";

/// An application in a directory.
///
/// Beside a secret of this machine, a state file may say both: then the secret goes to the vendor's own host, for a
/// directory of that file's choosing. Nobody there is shown it. What Microsoft tells the owner of a directory of a login
/// that it refused is which application it was for, when and from where, never what was shown; and a login that it lets
/// in gives a token of that very application, which opens what its owner could open anyhow. What a template fills in
/// would be told, which is why that is refused. A machine's own token is another matter: several applications may trust
/// it, and to choose one of them is not for a state file.
pub struct Identity {
    /// The directory.
    pub tenant: String,
    /// The application.
    pub client: String,
}

/// Where an identity is looked for, and whose word counts.
pub struct Search<'a> {
    target: &'a VaultTarget,
    context: &'a Context,
    prefix: String,
}

/// What it is that an identity is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    /// A credential that the checker's side says of this vault: then the vault's config goes before the environment.
    Settings,
    /// One of the environment: what stands beside it there belongs to it.
    Environment,
}

/// A part of an identity, and who says it.
type Part = (String, SettingOrigin);

impl<'a> Search<'a> {
    /// The variables that credentials stand in are those that the vault's `credentials_prefix` says, if its word counts and
    /// they are set, and else those of Azure's own tools.
    pub fn of(target: &'a VaultTarget, context: &'a Context) -> Self {
        let mut search = Self {
            target,
            context,
            prefix: PREFIX.to_owned(),
        };
        let said = target
            .get("credentials_prefix")
            .filter(|said| search.chooses(said.origin));
        if let Some(prefix) = said.and_then(|said| said.value.text()) {
            let is_set = secret(context, &format!("{prefix}_CLIENT_SECRET")).is_some();
            search.prefix = if is_set { prefix } else { PREFIX }.to_owned();
        }
        search
    }

    /// Whether somebody may choose among what this machine has: the checker's side, live vaults of these scopes, and
    /// trusted files.
    fn chooses(&self, side: SettingOrigin) -> bool {
        match side {
            SettingOrigin::Operator => true,
            SettingOrigin::Live => self.target.owned || self.target.is_backend_name,
            SettingOrigin::Template | SettingOrigin::Repository => self.context.hosts.allows_all(),
        }
    }

    /// The prefix of the state file's that does not count.
    pub fn ignored(&self) -> bool {
        let said = self.target.get("credentials_prefix");
        said.is_some_and(|said| !self.chooses(said.origin) && said.value.text() != Some(PREFIX))
    }

    /// The secret of an application that the environment holds.
    pub fn secret(&self) -> Option<Secret> {
        secret(self.context, &self.variable("client_secret"))
    }

    fn variable(&self, word: &str) -> String {
        format!("{}_{}", self.prefix, word.to_ascii_uppercase())
    }

    /// The identity that a secret is for.
    ///
    /// # Errors
    /// Half of one, one that is none, or one that a state file makes of what is this machine's.
    pub fn of_secret(&self, beside: Beside) -> Result<Identity, Finding> {
        self.whole(beside, |_| true)
    }

    /// The identity that trusts a token.
    ///
    /// # Errors
    /// Half of one, or one that is none.
    pub fn of_token(&self, beside: Beside) -> Result<Identity, Finding> {
        self.whole(beside, |side| self.chooses(side))
    }

    /// Which of its identities a machine is to take, if that is said.
    pub fn of_machine(&self) -> Option<String> {
        let part = self.part("client_id", Beside::Environment, &|side| self.chooses(side));
        part.map(|(client, _)| client)
    }

    fn part(&self, word: &str, beside: Beside, counts: &dyn Fn(SettingOrigin) -> bool) -> Option<Part> {
        let said = self.target.get(word).filter(|said| counts(said.origin));
        let said = said.and_then(|said| Some((said.value.text()?.to_owned(), said.origin)));
        let of_machine = || Some((text(self.context, &self.variable(word))?, SettingOrigin::Operator));
        match said {
            Some((_, side)) if side != SettingOrigin::Operator && beside == Beside::Environment => {
                of_machine().or(said)
            }
            Some(_) => said,
            None => of_machine(),
        }
    }

    fn whole(&self, beside: Beside, counts: impl Fn(SettingOrigin) -> bool) -> Result<Identity, Finding> {
        let vault = &self.target.name;
        let part = |word| self.part(word, beside, &counts).ok_or_else(|| self.half(word));
        let (tenant, whose) = part("tenant_id")?;
        let (client, of) = part("client_id")?;
        if !is_word(&tenant) || !is_word(&client) {
            return Err(unusable(
                vault,
                "its tenant_id or its client_id is none: each is a word such as 00000000-0000-0000-0000-000000000000",
            ));
        }
        if of == SettingOrigin::Template && whose > SettingOrigin::Live && !self.context.hosts.allows_all() {
            return Err(self.filled_in());
        }
        Ok(Identity { tenant, client })
    }

    fn half(&self, lacks: &str) -> Finding {
        let vault = &self.target.name;
        let message = format!("half of the credentials for the vault '{vault}' are given: {lacks} is missing");
        let (own, machine) = (variable(vault, lacks), self.variable(lacks));
        Finding::new(Reason::BadSettings, message)
            .about(vault)
            .help(format!("set {machine} or {own} where the check runs"))
    }

    /// Whoever owns a directory sees which applications ask to be let in.
    fn filled_in(&self) -> Finding {
        let vault = &self.target.name;
        let message = format!(
            "the vault '{vault}' is not asked: a template fills in its client_id, and a state file says whose directory that is shown to"
        );
        let (own, machine) = (variable(vault, "tenant_id"), self.variable("tenant_id"));
        Finding::new(Reason::UntrustedHost, message)
            .about(vault)
            .help(format!("name the directory where the check runs: {machine} or {own}"))
    }
}

/// Both become parts of a request.
fn is_word(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    text.len() <= 256 && text.bytes().all(fits) && text.bytes().any(|byte| byte != b'.')
}
