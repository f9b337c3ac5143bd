use reference::{Finding, Reason, SecretRequest};

const MAX_NAME_LENGTH: usize = 255;

/// A version of a secret, as Kong requests it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GcpSecretRequest {
    pub(crate) secret_id: String,
    /// The latest, if there is none.
    pub(crate) version: Option<u64>,
}

impl GcpSecretRequest {
    /// # Errors
    /// A name or a version that no secret of Google's can have.
    pub(crate) fn from_request(vault: &str, request: &SecretRequest) -> Result<Self, Finding> {
        let id = &request.resource;
        // Google's own words: letters, numerals, hyphens and underscores
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if !(1..=MAX_NAME_LENGTH).contains(&id.len()) || !id.bytes().all(fits) {
            return Err(bad_name_finding(vault, id));
        }
        let version = request
            .version
            .as_deref()
            .map(|version| parse_version(vault, id, version));
        Ok(Self {
            secret_id: id.clone(),
            version: version.transpose()?,
        })
    }

    pub(crate) fn version_label(&self) -> String {
        self.version
            .map_or_else(|| "latest".to_owned(), |version| version.to_string())
    }

    pub(crate) fn describe(&self) -> String {
        match self.version {
            Some(version) => format!("version {version} of the secret '{}'", self.secret_id),
            None => format!("the secret '{}'", self.secret_id),
        }
    }
}

/// Google counts versions from 1.
fn parse_version(vault: &str, id: &str, version: &str) -> Result<u64, Finding> {
    let number = version.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| {
        let message = format!("the secret '{id}' of the vault '{vault}' cannot have a version '{version}'");
        Finding::new(Reason::BadVersion, message)
            .about(id)
            .help("versions are whole numbers from 1 on; without one the latest is meant")
    })
}

fn bad_name_finding(vault: &str, id: &str) -> Finding {
    let shown = id.escape_debug();
    let message = format!(
        "'{shown}' cannot be the name of a secret of the vault '{vault}': Google takes letters, digits, - and _ only"
    );
    let help = match id.contains('/') {
        true => {
            "names of Google's have no slash: a reference is {vault://PREFIX/SECRET} or {vault://PREFIX/SECRET/KEY}, KEY being a member of a JSON object"
        }
        false => "write the name as Google has it, without the project",
    };
    Finding::new(Reason::BadResource, message)
        .about(shown.to_string())
        .help(help)
}
