use crate::reference::backends::Context;
use crate::reference::backends::checker::{text, unusable, variable};
use crate::reference::{Finding, Reason, Side, Target};

/// What the variables of Azure's own tools begin with.
const PREFIX: &str = "AZURE";

/// An application in a directory.
///
/// A state file may say both, and then this machine's secret goes to the vendor's own host for a directory of that file's
/// choosing. Nobody there is shown it: what Microsoft tells the owner of a directory of a login that it refused is who it
/// was for, when and from where, never what was shown. A login that it lets in gives a token of that very application,
/// which opens what its owner could open anyhow. What a template fills in would be told, which is why that is refused.
pub struct Identity {
    pub tenant: String,
    pub client: String,
}

/// The variables of this machine that belong together.
pub struct Variables {
    /// The one for the secret of an application.
    pub secret: String,
    tenant: String,
    client: String,
}

impl Identity {
    /// The one that the settings say, else the environment.
    ///
    /// # Errors
    /// Half of one, or one that a state file makes of what is this machine's.
    pub fn of_settings(target: &Target, context: &Context) -> Result<Self, Finding> {
        let of = |word: &str| target.text(word).map(str::to_owned);
        let tenant = of("tenant_id").or_else(|| text(context, "AZURE_TENANT_ID"));
        let client = of("client_id").or_else(|| text(context, "AZURE_CLIENT_ID"));
        Self::whole(target, context, tenant, client)
    }

    fn whole(
        target: &Target,
        context: &Context,
        tenant: Option<String>,
        client: Option<String>,
    ) -> Result<Self, Finding> {
        let vault = &target.name;
        let tenant = tenant.ok_or_else(|| half(vault, "tenant_id"))?;
        let client = client.ok_or_else(|| half(vault, "client_id"))?;
        if !is_word(&tenant) || !is_word(&client) {
            return Err(unusable(
                vault,
                "its tenant_id or its client_id is none: each is a word such as 00000000-0000-0000-0000-000000000000",
            ));
        }
        let filled = target.text("client_id") == Some(&client) && target.side_of(&["client_id"]) == Side::Filled;
        let chosen = target.text("tenant_id") == Some(&tenant) && target.side_of(&["tenant_id"]) > Side::Live;
        match filled && chosen && !context.hosts.include_all() {
            true => Err(filled_in(vault)),
            false => Ok(Self { tenant, client }),
        }
    }
}

impl Variables {
    /// The identity that a secret of this machine is for: a word of the checker's, else what stands beside the secret, else
    /// what the vault's config says.
    ///
    /// # Errors
    /// Half of one, or one that a state file makes of what is this machine's.
    pub fn identity(&self, target: &Target, context: &Context) -> Result<Identity, Finding> {
        let of = |word: &str, name: &str| {
            let said = target.text(word).map(str::to_owned);
            match target.get(word).map(|setting| setting.side) {
                Some(Side::Checker) => said,
                _ => text(context, name).or(said),
            }
        };
        let (tenant, client) = (of("tenant_id", &self.tenant), of("client_id", &self.client));
        Identity::whole(target, context, tenant, client)
    }
}

/// The variables that the credentials stand in. Which these are chooses among what this machine has: a state file's word
/// for it (Kong's `credentials_prefix`) counts once the live vault of these scopes has it, and for trusted files.
pub fn variables(target: &Target, context: &Context) -> Variables {
    let trusted = |side| match side {
        Side::Checker => true,
        Side::Live => target.owned || target.by_name,
        Side::Filled | Side::File => context.hosts.include_all(),
    };
    let said = target.get("credentials_prefix").filter(|said| trusted(said.side));
    let prefix = said.and_then(|said| said.value.text()).unwrap_or(PREFIX);
    Variables {
        secret: format!("{prefix}_CLIENT_SECRET"),
        tenant: format!("{prefix}_TENANT_ID"),
        client: format!("{prefix}_CLIENT_ID"),
    }
}

/// Which of its identities a machine is to take, if that is said.
pub fn said_client(target: &Target, context: &Context) -> Option<String> {
    let said = target.text("client_id").map(str::to_owned);
    text(context, "AZURE_CLIENT_ID").or(said)
}

/// Both become parts of a request.
fn is_word(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    text.len() <= 256 && text.bytes().all(fits) && text.bytes().any(|byte| byte != b'.')
}

fn half(vault: &str, lacks: &str) -> Finding {
    let message = format!("half of the credentials for the vault '{vault}' are given: {lacks} is missing");
    let (own, variable) = (variable(vault, lacks), lacks.to_ascii_uppercase());
    Finding::new(Reason::BadSettings, message)
        .about(vault)
        .help(format!("set AZURE_{variable} or {own} where the check runs"))
}

/// Whoever owns a directory sees which applications ask to be let in.
fn filled_in(vault: &str) -> Finding {
    let message = format!(
        "the vault '{vault}' is not asked: a template fills in its client_id, and a state file says whose directory that is shown to"
    );
    Finding::new(Reason::UntrustedHost, message).about(vault).help(format!(
        "name the directory where the check runs: AZURE_TENANT_ID or {}",
        variable(vault, "tenant_id")
    ))
}
