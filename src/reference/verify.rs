//! From what was fetched to what is known of each reference.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::{
    Assessment, Finding, Reason, Reference, Secret, SecretResponse, SubkeyError, VaultQueries, VaultTarget, Verdict,
    extract_subkey,
};

/// What a reference resolves to: nothing, a value, or one of each data plane that has one, by its name.
pub type ResolvedValues = Vec<(Option<String>, Secret)>;

/// Brings what was fetched to the references that wanted it. Of each, in order, what it resolves to.
pub fn verify_references(
    judged: &mut [Assessment],
    errands: &VaultQueries,
    fetched: &[Vec<SecretResponse>],
) -> Vec<ResolvedValues> {
    let mut resolved = vec![ResolvedValues::new(); judged.len()];
    for (at, (errand, place)) in &errands.by_reference {
        let one = &mut judged[*at];
        let (Some(reference), Some(fetched)) = (&one.reference, fetched.get(*errand).and_then(|all| all.get(*place)))
        else {
            continue;
        };
        let asked = ReferenceVerifier {
            target: &errands.queries[*errand].target,
            reference,
        };
        let (finding, values) = asked.verify(fetched);
        one.finding = finding;
        resolved[*at] = values;
    }
    resolved
}

/// What is known of one reference once its vault was asked, and what it resolves to.
pub fn verify_reference(
    target: &VaultTarget,
    reference: &Reference,
    fetched: &SecretResponse,
) -> (Finding, ResolvedValues) {
    ReferenceVerifier { target, reference }.verify(fetched)
}

/// A reference with the vault that was asked.
struct ReferenceVerifier<'a> {
    target: &'a VaultTarget,
    reference: &'a Reference,
}

impl ReferenceVerifier<'_> {
    fn verify(&self, fetched: &SecretResponse) -> (Finding, ResolvedValues) {
        match fetched {
            SecretResponse::Unavailable(finding) => (finding.clone(), ResolvedValues::new()),
            SecretResponse::PerPlane(planes) => self.verify_planes(planes),
            SecretResponse::Text(secret) => self.with_value(
                self.decode_base64(secret)
                    .and_then(|secret| self.extract_member(&secret)),
            ),
            SecretResponse::Object(_) if self.reference.key.is_none() => {
                (self.missing_key_finding(), ResolvedValues::new())
            }
            SecretResponse::Object(secret) => self.with_value(
                self.extract_member(secret)
                    .and_then(|secret| self.decode_base64(&secret)),
            ),
        }
    }

    /// Of several data planes the worst verdict counts: each of its causes, with those that have it.
    fn verify_planes(&self, planes: &[(String, SecretResponse)]) -> (Finding, ResolvedValues) {
        let mut resolved = ResolvedValues::new();
        let mut causes: Vec<(Finding, Vec<&str>)> = Vec::new();
        for (plane, fetched) in planes {
            let (finding, values) = self.verify(fetched);
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
            None => (self.found_finding(), resolved),
            Some((finding, _)) if finding.verdict() == Verdict::Found => (finding, resolved),
            Some((mut finding, _)) => {
                finding.message = told.join("; ");
                (finding, resolved)
            }
        }
    }

    fn with_value(&self, value: Result<Secret, Finding>) -> (Finding, ResolvedValues) {
        match value {
            Ok(secret) => (self.found_finding(), vec![(None, secret)]),
            Err(finding) => (finding, ResolvedValues::new()),
        }
    }

    fn found_finding(&self) -> Finding {
        let message = format!("found in the vault '{}'", self.target.name);
        Finding::new(Reason::SecretFound, message).about(self.resource_name())
    }

    /// `base64_decode` decodes the whole secret; of a secret that is an object at the backend, its members.
    fn decode_base64(&self, secret: &Secret) -> Result<Secret, Finding> {
        if self.target.is_enabled("base64_decode") != Some(true) {
            return Ok(secret.clone());
        }
        match STANDARD.decode(secret.expose()) {
            Ok(bytes) => Ok(Secret::from(Zeroizing::new(bytes))),
            Err(_) => Err(self
                .content_finding("is not base64, which its vault's base64_decode asks for")
                .help("store it as base64, or use a vault without base64_decode")),
        }
    }

    fn extract_member(&self, secret: &Secret) -> Result<Secret, Finding> {
        let Some(key) = &self.reference.key else {
            return Ok(secret.clone());
        };
        extract_subkey(secret.expose(), key)
            .map(Secret::from)
            .map_err(|error| self.subkey_finding(&error))
    }

    fn subkey_finding(&self, error: &SubkeyError) -> Finding {
        let (resource, vault) = (self.resource_name(), &self.target.name);
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
    fn missing_key_finding(&self) -> Finding {
        let (resource, vault) = (self.resource_name(), &self.target.name);
        let message = format!(
            "the secret '{resource}' of the vault '{vault}' is there, but which of its members is meant the reference does not say"
        );
        Finding::new(Reason::Undocumented, message)
            .about(resource)
            .help("add the member's name as the last segment: {vault://PREFIX/SECRET/KEY}")
    }

    fn content_finding(&self, what: &str) -> Finding {
        let (resource, vault) = (self.resource_name(), &self.target.name);
        Finding::new(
            Reason::BadContent,
            format!("the secret '{resource}' of the vault '{vault}' {what}"),
        )
        .about(resource)
    }

    fn resource_name(&self) -> String {
        String::from_utf8_lossy(&self.reference.resource).into_owned()
    }
}
