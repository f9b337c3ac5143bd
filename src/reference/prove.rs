//! From what was fetched to what is known of each reference.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::{Errands, Fetched, Finding, Judged, Reason, Reference, Secret, SubkeyError, Target, Verdict, subkey};

/// What a reference resolves to: nothing, a value, or one of each data plane that has one, by its name.
pub type Resolved = Vec<(Option<String>, Secret)>;

/// Brings what was fetched to the references that wanted it. Of each, in order, what it resolves to.
pub fn prove(judged: &mut [Judged], errands: &Errands, fetched: &[Vec<Fetched>]) -> Vec<Resolved> {
    let mut resolved = vec![Resolved::new(); judged.len()];
    for (at, (errand, place)) in &errands.places {
        let one = &mut judged[*at];
        let (Some(reference), Some(fetched)) = (&one.reference, fetched.get(*errand).and_then(|all| all.get(*place)))
        else {
            continue;
        };
        let asked = Asked {
            target: &errands.errands[*errand].target,
            reference,
        };
        let (finding, values) = asked.prove(fetched);
        one.finding = finding;
        resolved[*at] = values;
    }
    resolved
}

/// What is known of one reference once its vault was asked, and what it resolves to.
pub fn proven(target: &Target, reference: &Reference, fetched: &Fetched) -> (Finding, Resolved) {
    Asked { target, reference }.prove(fetched)
}

/// A reference with the vault that was asked.
struct Asked<'a> {
    target: &'a Target,
    reference: &'a Reference,
}

impl Asked<'_> {
    fn prove(&self, fetched: &Fetched) -> (Finding, Resolved) {
        match fetched {
            Fetched::No(finding) => (finding.clone(), Resolved::new()),
            Fetched::Exists => (self.found(Reason::SecretExists), Resolved::new()),
            Fetched::Planes(planes) => self.worst(planes),
            Fetched::Text(secret) => self.valued(self.decoded(secret).and_then(|secret| self.member(&secret))),
            Fetched::Members(_) if self.reference.key.is_none() => (self.keyless(), Resolved::new()),
            Fetched::Members(secret) => self.valued(self.member(secret).and_then(|secret| self.decoded(&secret))),
        }
    }

    /// Of several data planes the worst verdict counts: each of its causes, with those that have it.
    fn worst(&self, planes: &[(String, Fetched)]) -> (Finding, Resolved) {
        let mut resolved = Resolved::new();
        let mut causes: Vec<(Finding, Vec<&str>)> = Vec::new();
        for (plane, fetched) in planes {
            let (finding, values) = self.prove(fetched);
            resolved.extend(values.into_iter().map(|(_, secret)| (Some(plane.clone()), secret)));
            match causes.iter_mut().find(|(known, _)| *known == finding) {
                Some((_, planes)) => planes.push(plane),
                None => causes.push((finding, vec![plane])),
            }
        }
        let worst = causes.iter().map(|(finding, _)| finding.verdict()).max();
        causes.retain(|(finding, _)| Some(finding.verdict()) == worst);
        let told: Vec<String> = causes
            .iter()
            .map(|(finding, at)| format!("{} (data plane: {})", finding.message, at.join(", ")))
            .collect();
        match causes.into_iter().next() {
            None => (self.found(Reason::SecretFound), resolved),
            Some((finding, _)) if finding.verdict() == Verdict::Found => (finding, resolved),
            Some((mut finding, _)) => {
                finding.message = told.join("; ");
                (finding, resolved)
            }
        }
    }

    fn valued(&self, value: Result<Secret, Finding>) -> (Finding, Resolved) {
        match value {
            Ok(secret) => (self.found(Reason::SecretFound), vec![(None, secret)]),
            Err(finding) => (finding, Resolved::new()),
        }
    }

    fn found(&self, reason: Reason) -> Finding {
        Finding::new(reason, format!("found in the vault '{}'", self.target.name)).about(self.resource())
    }

    /// `base64_decode` decodes the whole secret; of a secret that is an object at the backend, its members.
    fn decoded(&self, secret: &Secret) -> Result<Secret, Finding> {
        if self.target.is_on("base64_decode") != Some(true) {
            return Ok(secret.clone());
        }
        match STANDARD.decode(secret.expose()) {
            Ok(bytes) => Ok(Secret::from(Zeroizing::new(bytes))),
            Err(_) => Err(self
                .content("is not base64, which its vault's base64_decode asks for")
                .help("store it as base64, or use a vault without base64_decode")),
        }
    }

    fn member(&self, secret: &Secret) -> Result<Secret, Finding> {
        let Some(key) = &self.reference.key else {
            return Ok(secret.clone());
        };
        subkey(secret.expose(), key)
            .map(Secret::from)
            .map_err(|error| self.no_member(&error))
    }

    fn no_member(&self, error: &SubkeyError) -> Finding {
        let (resource, vault) = (self.resource(), &self.target.name);
        let secret = format!("the secret '{resource}' of the vault '{vault}'");
        let (message, help) = match error {
            SubkeyError::Undecodable => (
                format!("{secret} is no JSON object, so that nothing can be taken out of it"),
                "the last segment is the key of a JSON object; for a name with a slash write %2F, or end the reference in /",
            ),
            SubkeyError::NotFound(key) => (
                format!("{secret} has no member '{key}'"),
                "add the member, or correct the last segment of the reference",
            ),
            SubkeyError::Unexpected { key, found } => (
                format!("the member '{key}' of {secret} is no string: Kong's word for it is {found}"),
                "store it as a string",
            ),
        };
        Finding::new(Reason::BadSubkey, message).about(resource).help(help)
    }

    /// Kong's documentation says nothing of what a whole object resolves to.
    fn keyless(&self) -> Finding {
        let (resource, vault) = (self.resource(), &self.target.name);
        let message = format!(
            "the secret '{resource}' of the vault '{vault}' is there, but which of its members is meant the reference does not say"
        );
        Finding::new(Reason::Undocumented, message)
            .about(resource)
            .help("add the member's name as the last segment: {vault://PREFIX/SECRET/KEY}")
    }

    fn content(&self, what: &str) -> Finding {
        let (resource, vault) = (self.resource(), &self.target.name);
        Finding::new(
            Reason::BadContent,
            format!("the secret '{resource}' of the vault '{vault}' {what}"),
        )
        .about(resource)
    }

    fn resource(&self) -> String {
        String::from_utf8_lossy(&self.reference.resource).into_owned()
    }
}
