use serde::{Serialize, Serializer};

use super::{Finding, Reference, ReferenceSite};
use schema::PublicCertificate;
use yaml::DiagnosticCode;

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

/// Makes [`Reason`] of a table: each verdict with the reasons for it.
macro_rules! reasons {
    ($($verdict:ident: $($reason:ident),+;)+) => {
        /// Why a verdict is what it is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reason {
            $($(
                #[doc = concat!("See [`DiagnosticCode::", stringify!($reason), "`].")]
                $reason,
            )+)+
        }

        impl Reason {
            /// Every reason, the reasons of one verdict together.
            pub const ALL: &[Self] = &[$($(Self::$reason),+),+];

            /// The code by which diagnostics go.
            pub fn code(self) -> DiagnosticCode {
                match self {
                    $($(Self::$reason => DiagnosticCode::$reason,)+)+
                }
            }

            /// The verdict that follows from it.
            pub fn verdict(self) -> Verdict {
                match self {
                    $($(Self::$reason)|+ => Verdict::$verdict,)+
                }
            }
        }
    };
}

reasons! {
    Found:
        SecretFound;
    Missing:
        UnknownVault, DeletedVault, NoSuchSecret, NoSuchVariable, NoSuchVersion, DeletedVersion, DestroyedVersion,
        DisabledVersion, NoSuchMount, WrongMountVersion;
    Malformed:
        BadReference, NotReferenceable, BadResource, BadVersion, BadSubkey, BadContent, BadSettings;
    Denied:
        PermissionDenied, LoginRefused;
    Unreachable:
        ConnectionFailed, TimedOut, Sealed, RateLimited, ServerError;
    NotCheckable:
        VaultsUnreadable, UnknownSchema, UnsetVariable, DataPlaneEnvironment, DataPlaneFiles, DataPlaneSettings,
        NoCredentials, UntrustedHost, UnsupportedLogin, UnsupportedBackend, Undocumented, NotAsked;
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
}

/// In snake_case, as all words in JSON.
impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.code().to_snake_case())
    }
}

impl From<Reason> for Verdict {
    fn from(reason: Reason) -> Self {
        reason.verdict()
    }
}
