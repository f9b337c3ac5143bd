use super::refusal::{Cause, Sort, State};
use super::secrets::Secrets;
use super::wish::Wish;
use reference::{Finding, Reason};

/// What is told of a secret that was asked for.
pub struct Told<'a> {
    /// Whom it was asked of.
    pub secrets: &'a Secrets,
    /// What was asked for.
    pub wish: &'a Wish,
}

impl Told<'_> {
    /// What a refusal means.
    pub fn refused(&self, sort: Sort) -> Finding {
        match sort {
            Sort::Missing => self.missing(),
            Sort::Unreadable(state) => self.unreadable(state),
            Sort::Denied(cause) => self.denied(cause),
            Sort::Invalid => self.finding(
                Reason::BadResource,
                "is none that it could have: Google takes the name for none",
                "write the name as Google has it",
            ),
            Sort::Credentials | Sort::Limited | Sort::Unavailable | Sort::Broken | Sort::Strange => self.of_vault(sort),
        }
    }

    /// An answer that brings no secret although it should.
    pub fn nonsense(&self, what: &str) -> Finding {
        let help = "check that the address is Google's own and that no proxy answers in its place";
        self.finding(Reason::ServerError, what, help)
    }

    /// A secret that is no text.
    pub fn binary(&self) -> Finding {
        let what = "is binary, and what Kong makes of one is not documented";
        self.finding(Reason::Undocumented, what, "store it as text")
    }

    fn missing(&self) -> Finding {
        match self.wish.version {
            None => self.finding(
                Reason::NoSuchSecret,
                "does not exist, or has no version",
                "create it, or correct the reference or the vault's project_id",
            ),
            Some(_) => self.finding(
                Reason::NoSuchVersion,
                "does not exist",
                "correct the version after # and the name, or leave #… out for the latest",
            ),
        }
    }

    fn unreadable(&self, state: State) -> Finding {
        let latest = match self.wish.version {
            Some(_) => "",
            None => " in its latest version, which Kong asks for all the same",
        };
        let (reason, what, help) = match state {
            State::Disabled => (
                Reason::DisabledVersion,
                format!("is disabled{latest}"),
                "enable the version, or add a new one",
            ),
            State::Destroyed => (
                Reason::DestroyedVersion,
                format!("is destroyed{latest}"),
                "it cannot be brought back: add a new version",
            ),
            State::Enabled => (
                Reason::PermissionDenied,
                "cannot be decrypted: its KMS key is disabled or destroyed".to_owned(),
                "enable the key, or add a version under another",
            ),
            State::Unknown => (
                Reason::DisabledVersion,
                format!("is disabled or destroyed{latest}, or its KMS key is"),
                "enable the version and its key, or add a new version",
            ),
        };
        self.finding(reason, &what, help)
    }

    fn denied(&self, cause: Cause) -> Finding {
        let help = match cause {
            Cause::Role => "grant the role roles/secretmanager.secretAccessor on it",
            Cause::Service => {
                "enable the Secret Manager API in the project (gcloud services enable secretmanager.googleapis.com)"
            }
            Cause::Project => "correct the vault's project_id, and check that the project is active and billed",
            Cause::Scope => "give the credentials the scope https://www.googleapis.com/auth/cloud-platform",
            Cause::Quota => {
                "name a project that may pay for requests: GOOGLE_CLOUD_QUOTA_PROJECT, or gcloud auth application-default set-quota-project"
            }
            Cause::Perimeter => "let the perimeter of VPC Service Controls admit the machine that runs the check",
        };
        let what = "may not be read with these credentials, or it does not exist";
        self.finding(Reason::PermissionDenied, what, help)
    }

    /// What is the same for all secrets of the vault.
    fn of_vault(&self, sort: Sort) -> Finding {
        let (reason, what, help) = match sort {
            Sort::Credentials => (
                Reason::LoginRefused,
                "refuses the credentials: it does not know them, or their key or their account is disabled or deleted",
                "check the key of the service account, or log in again, and check the clock of this machine",
            ),
            Sort::Limited => (
                Reason::RateLimited,
                "limits how often it is asked, and there is no time left to wait",
                "run again later, or raise the quota of the project",
            ),
            Sort::Unavailable => (
                Reason::ServerError,
                "says that it is not available for now",
                "run again later",
            ),
            Sort::Strange => (
                Reason::ServerError,
                "answers what Secret Manager does not answer",
                "check that the address is Google's own and that no proxy answers in its place",
            ),
            _ => (Reason::ServerError, "says that it is broken", "run again later"),
        };
        let Secrets { place, vault, .. } = self.secrets;
        Finding::new(reason, format!("{place} {what}")).about(vault).help(help)
    }

    fn finding(&self, reason: Reason, what: &str, help: &str) -> Finding {
        let message = format!("{} of {} {what}", self.wish.shown(), self.secrets.place);
        Finding::new(reason, message).about(&self.wish.id).help(help)
    }
}
