use serde::{Deserialize, Serialize};

use super::{Finding, Reference, ReferenceSite};
use schema::PublicCertificate;

/// What is known of a reference: the later, the worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The secret is there and is what it should be.
    Found,
    /// Nobody can tell from here.
    NotCheckable,
    /// The vault does not answer.
    Unreachable,
    /// The vault refuses.
    Denied,
    /// The vault or the secret is not there.
    Missing,
    /// It cannot be right: its text, its field, or what it resolves to.
    Malformed,
}

/// Why a verdict is what it is: stable words for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    // found
    /// The secret was read, and is what it should be.
    SecretFound,

    // missing
    /// No loaded backend and no vault bears the name.
    UnknownVault,
    /// This plan deletes the vault that bears the name, or gives it another.
    DeletedVault,
    /// The vault has no such secret.
    NoSuchSecret,
    /// The data plane's environment has no such variable.
    NoSuchVariable,
    /// The secret has no such version.
    NoSuchVersion,
    /// That version, or the secret, was deleted.
    DeletedVersion,
    /// That version was destroyed.
    DestroyedVersion,
    /// That version, or the secret, is disabled.
    DisabledVersion,
    /// The server has no such mount, project or account.
    NoSuchMount,
    /// The mount is of the other version of the key-value engine.
    WrongMountVersion,

    // malformed
    /// Kong's parser refuses the text.
    BadReference,
    /// The field takes no references: Kong would use the text as it stands.
    NotReferenceable,
    /// The secret's name is none that the backend could have, or would lead elsewhere.
    BadResource,
    /// The version is none that the backend could have.
    BadVersion,
    /// The secret is no JSON object with that string.
    BadSubkey,
    /// The secret is not what its field takes: no text, no certificate, another key's, expired.
    BadContent,
    /// What is said of the vault does not go together: half a set of credentials, a URL that is none.
    BadSettings,

    // denied
    /// The vault refuses to show the secret.
    PermissionDenied,
    /// The vault refuses the credentials.
    LoginRefused,

    // unreachable
    /// Nothing answers at the address.
    ConnectionFailed,
    /// The answer did not come in time.
    TimedOut,
    /// The server is sealed, not initialised or a standby.
    Sealed,
    /// The server asks to come back later than there is time for.
    RateLimited,
    /// The server answers what cannot be understood, or that it is broken.
    ServerError,

    // not checkable
    /// Not all vaults could be listed, so that nobody can say whether one bears the name.
    VaultsUnreadable,
    /// The plugin's schema is not known, so that nobody can say whether the field takes references.
    UnknownSchema,
    /// The reference, or its vault, is made of an environment variable that is not set here.
    UnsetVariable,
    /// The variable is one of the data planes' environment.
    DataPlaneEnvironment,
    /// The file is one of the data planes' disks.
    DataPlaneFiles,
    /// The reference names a backend, and how the data planes reach it is not said.
    DataPlaneSettings,
    /// No credentials were given.
    NoCredentials,
    /// A credential would have to be shown to a host that nobody vouches for.
    UntrustedHost,
    /// The way to log in cannot be gone from here, or would use something up.
    UnsupportedLogin,
    /// The backend is none that can be asked: a custom one, or one that this build leaves out.
    UnsupportedBackend,
    /// What Kong makes of that version, or of a secret of that sort, is not documented.
    Undocumented,
    /// The backend was not asked: another team's, or references are not asked for.
    NotAsked,
}

/// A reference at its site, with what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Assessment {
    /// Where it stands.
    pub site: ReferenceSite,
    /// Its parts, if Kong can parse it.
    pub reference: Option<Reference>,
    /// What is known.
    pub finding: Finding,
    /// The public part of what it resolves to, if that is a certificate.
    pub certificate: Option<PublicCertificate>,
    /// Whether this plan adds or changes the reference, its entity, or the vault that it names.
    pub affected_by_plan: bool,
}

impl Assessment {
    /// The name of the vault that the reference gives.
    pub fn vault_name(&self) -> Option<String> {
        self.reference.as_ref().map(Reference::vault_name)
    }

    /// The verdict that follows from the finding.
    pub fn verdict(&self) -> Verdict {
        self.finding.verdict()
    }
}

impl Reason {
    /// Whether it is a matter of the reference's text and field alone, whatever vaults there are.
    pub fn is_static(self) -> bool {
        matches!(self, Self::BadReference | Self::NotReferenceable)
    }

    /// Whether a backend said so: then the policy of its vault holds.
    pub fn is_from_backend(self) -> bool {
        let of_vaults = matches!(
            self,
            Self::UnknownVault | Self::DeletedVault | Self::VaultsUnreadable | Self::UnknownSchema
        );
        !self.is_static() && !of_vaults
    }

    /// The word by which diagnostics go.
    pub fn code(self) -> &'static str {
        match self {
            Self::SecretFound => "secret-found",
            Self::UnknownVault => "unknown-vault",
            Self::DeletedVault => "deleted-vault",
            Self::NoSuchSecret => "no-such-secret",
            Self::NoSuchVariable => "no-such-variable",
            Self::NoSuchVersion => "no-such-version",
            Self::DeletedVersion => "deleted-version",
            Self::DestroyedVersion => "destroyed-version",
            Self::DisabledVersion => "disabled-version",
            Self::NoSuchMount => "no-such-mount",
            Self::WrongMountVersion => "wrong-mount-version",
            Self::BadReference => "bad-reference",
            Self::NotReferenceable => "not-referenceable",
            Self::BadResource => "bad-resource",
            Self::BadVersion => "bad-version",
            Self::BadSubkey => "bad-subkey",
            Self::BadContent => "bad-content",
            Self::BadSettings => "bad-settings",
            Self::PermissionDenied => "permission-denied",
            Self::LoginRefused => "login-refused",
            Self::ConnectionFailed => "connection-failed",
            Self::TimedOut => "timed-out",
            Self::Sealed => "sealed",
            Self::RateLimited => "rate-limited",
            Self::ServerError => "server-error",
            Self::VaultsUnreadable => "vaults-unreadable",
            Self::UnknownSchema => "unknown-schema",
            Self::UnsetVariable => "unset-variable",
            Self::DataPlaneEnvironment => "data-plane-environment",
            Self::DataPlaneFiles => "data-plane-files",
            Self::DataPlaneSettings => "data-plane-settings",
            Self::NoCredentials => "no-credentials",
            Self::UntrustedHost => "untrusted-host",
            Self::UnsupportedLogin => "unsupported-login",
            Self::UnsupportedBackend => "unsupported-backend",
            Self::Undocumented => "undocumented",
            Self::NotAsked => "not-asked",
        }
    }

    /// The verdict that follows from it.
    pub fn verdict(self) -> Verdict {
        match self {
            Self::SecretFound => Verdict::Found,
            Self::UnknownVault
            | Self::DeletedVault
            | Self::NoSuchSecret
            | Self::NoSuchVariable
            | Self::NoSuchVersion
            | Self::DeletedVersion
            | Self::DestroyedVersion
            | Self::DisabledVersion
            | Self::NoSuchMount
            | Self::WrongMountVersion => Verdict::Missing,
            Self::BadReference
            | Self::NotReferenceable
            | Self::BadResource
            | Self::BadVersion
            | Self::BadSubkey
            | Self::BadContent
            | Self::BadSettings => Verdict::Malformed,
            Self::PermissionDenied | Self::LoginRefused => Verdict::Denied,
            Self::ConnectionFailed | Self::TimedOut | Self::Sealed | Self::RateLimited | Self::ServerError => {
                Verdict::Unreachable
            }
            Self::VaultsUnreadable
            | Self::UnknownSchema
            | Self::UnsetVariable
            | Self::DataPlaneEnvironment
            | Self::DataPlaneFiles
            | Self::DataPlaneSettings
            | Self::NoCredentials
            | Self::UntrustedHost
            | Self::UnsupportedLogin
            | Self::UnsupportedBackend
            | Self::Undocumented
            | Self::NotAsked => Verdict::NotCheckable,
        }
    }
}

impl From<Reason> for Verdict {
    fn from(reason: Reason) -> Self {
        reason.verdict()
    }
}
