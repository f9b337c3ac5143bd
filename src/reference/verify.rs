use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::{
    Assessment, Finding, Reason, Reference, Secret, SecretResponse, SubkeyError, VaultQueries, VaultTarget, Verdict,
    extract_subkey,
};

/// What a reference resolves to: nothing, a value, or one of each data plane that has one, by its name.
pub type ResolvedValues = Vec<(Option<String>, Secret)>;

/// Updates the findings by the responses of the vaults, which are in the order of the queries. What each reference resolves
/// to, in the order of the assessments.
pub fn verify_references(
    assessments: &mut [Assessment],
    queries: &VaultQueries,
    responses: &[Vec<SecretResponse>],
) -> Vec<ResolvedValues> {
    let mut resolved = vec![ResolvedValues::new(); assessments.len()];
    for (index, (query, request)) in &queries.by_assessment {
        let assessment = &mut assessments[*index];
        let response = responses.get(*query).and_then(|responses| responses.get(*request));
        let (Some(reference), Some(response)) = (&assessment.reference, response) else {
            continue;
        };
        let (finding, values) = verify_reference(&queries.queries[*query].target, reference, response);
        assessment.finding = finding;
        resolved[*index] = values;
    }
    resolved
}

/// The finding on one reference once its vault was asked, and what it resolves to.
pub fn verify_reference(
    target: &VaultTarget,
    reference: &Reference,
    response: &SecretResponse,
) -> (Finding, ResolvedValues) {
    ReferenceVerifier { target, reference }.verify(response)
}

struct ReferenceVerifier<'a> {
    target: &'a VaultTarget,
    reference: &'a Reference,
}

impl ReferenceVerifier<'_> {
    fn verify(&self, response: &SecretResponse) -> (Finding, ResolvedValues) {
        match response {
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
        for (plane, response) in planes {
            let (finding, values) = self.verify(response);
            resolved.extend(values.into_iter().map(|(_, secret)| (Some(plane.clone()), secret)));
            match causes.iter_mut().find(|(known, _)| *known == finding) {
                Some((_, planes)) => planes.push(plane),
                None => causes.push((finding, vec![plane])),
            }
        }
        let worst = causes.iter().map(|(finding, _)| finding.verdict()).max();
        causes.retain(|(finding, _)| Some(finding.verdict()) == worst);
        let messages: Vec<String> = causes
            .iter()
            .map(|(finding, planes)| format!("{} (data plane: {})", finding.message, planes.join(", ")))
            .collect();
        match causes.into_iter().next() {
            None => (self.found_finding(), resolved),
            Some((finding, _)) if finding.verdict() == Verdict::Found => (finding, resolved),
            Some((mut finding, _)) => {
                finding.message = messages.join("; ");
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
        Finding::new(Reason::SecretFound, message).about(self.reference.resource_name())
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
        let (resource, vault) = (self.reference.resource_name(), &self.target.name);
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

    /// What a whole object resolves to is not documented.
    fn missing_key_finding(&self) -> Finding {
        let (resource, vault) = (self.reference.resource_name(), &self.target.name);
        let message = format!(
            "the secret '{resource}' of the vault '{vault}' is there, but which of its members is meant the reference does not say"
        );
        Finding::new(Reason::Undocumented, message)
            .about(resource)
            .help("add the member's name as the last segment: {vault://PREFIX/SECRET/KEY}")
    }

    fn content_finding(&self, problem: &str) -> Finding {
        let (resource, vault) = (self.reference.resource_name(), &self.target.name);
        Finding::new(
            Reason::BadContent,
            format!("the secret '{resource}' of the vault '{vault}' {problem}"),
        )
        .about(resource)
    }
}
