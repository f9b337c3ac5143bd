use std::fmt;

use uuid::Uuid;

use super::StepId;
use json::{Number, Object, Value};

/// A value of a plan: what can be shown is a value, what is secret is a [`Secret`] (which holds the value, and shows its
/// fingerprint alone), what is not known yet is the step that will yield it.
#[derive(Clone, Debug, PartialEq)]
pub enum PlanValue {
    /// `null`.
    Null,
    /// True or false.
    Bool(bool),
    /// A number.
    Number(Number),
    /// Text that is not secret.
    String(String),
    /// A list.
    List(Vec<PlanValue>),
    /// Named values.
    Map(Vec<(String, PlanValue)>),
    /// A value that is never shown.
    Secret(PlanSecret),
    /// The id that another step will yield.
    IdFromStep(StepId),
}

impl PlanValue {
    /// Of two showings of one value the one that hides what either does.
    pub(super) fn merge_redactions(self, other: Self) -> Self {
        match (self, other) {
            (_, hidden @ Self::Secret(_)) => hidden,
            (Self::List(members), Self::List(others)) => {
                let both = members.into_iter().zip(others);
                Self::List(both.map(|(member, other)| member.merge_redactions(other)).collect())
            }
            (Self::Map(members), Self::Map(others)) => {
                let both = members.into_iter().zip(others);
                Self::Map(
                    both.map(|((name, member), (_, other))| (name, member.merge_redactions(other)))
                        .collect(),
                )
            }
            (shown, _) => shown,
        }
    }

    /// The JSON that is sent: secrets in clear, ids of other steps filled in. None if such an id is not known.
    pub fn to_request_json(&self, id_of: &dyn Fn(StepId) -> Option<Uuid>) -> Option<Value> {
        Some(match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(value) => Value::Number(value.clone()),
            Self::String(value) => Value::String(value.clone()),
            Self::List(members) => Value::Array(
                members
                    .iter()
                    .map(|member| member.to_request_json(id_of))
                    .collect::<Option<_>>()?,
            ),
            Self::Map(members) => {
                let filled = members
                    .iter()
                    .map(|(name, member)| Some((name.clone(), member.to_request_json(id_of)?)));
                Value::Object(filled.collect::<Option<Object>>()?)
            }
            Self::Secret(secret) => secret.expose().clone(),
            Self::IdFromStep(step) => Value::String(id_of(*step)?.to_string()),
        })
    }
}

/// A value that is never shown: reports see its fingerprint and where it comes from.
#[derive(Clone)]
pub struct PlanSecret {
    value: std::sync::Arc<Value>,
    fingerprint: String,
    /// Where the value comes from.
    pub origin: SecretOrigin,
}

/// Where a secret of a plan comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretOrigin {
    /// A state file's text.
    File,
    /// Environment variables.
    Environment(Vec<String>),
    /// The control plane.
    Live,
}

impl PlanSecret {
    /// Hides a value behind a fingerprint (made by the run's keyed fingerprinter).
    pub fn new(value: Value, fingerprint: String, origin: SecretOrigin) -> Self {
        Self {
            value: std::sync::Arc::new(value),
            fingerprint,
            origin,
        }
    }

    /// The value: to fill in a request's body, and to find it in what a server repeats, so that it can be hidden there.
    pub fn expose(&self) -> &Value {
        &self.value
    }

    /// A short text that is equal for equal values within one run.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

impl PartialEq for PlanSecret {
    fn eq(&self, other: &Self) -> bool {
        self.fingerprint == other.fingerprint
    }
}

impl fmt::Debug for PlanSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<secret {}>", self.fingerprint)
    }
}
