mod property_values;
mod verify;

use crate::ExitStatus;
use crate::args::{ConfArgs, GlobalArgs, ReferenceArgs};
use crate::command_error::{CommandError, CommandResult};
use crate::documents::is_error;
use crate::report::PropertyAssessment;
use crate::reporter::Reporter;
use crate::signals::run_unless_interrupted;
use crate::verify_options::read_verify_options;
use property_values::{PropertyValue, values_from_file, values_from_variables};
use reference::{Finding, Policies, Policy, Verdict};
use schema::Catalog;
use verify::PropertyVerifier;
use yaml::{Diagnostic, Severity, SourceFiles};

/// Looks at the references of a kong.conf, and of the `KONG_*` variables that come with it.
///
/// Kong resolves them once, when it starts, before it has a database: only backends' own names work there, with the
/// `vault_*` properties for settings, and a failure is fatal (facts of kong.conf's own documentation).
pub async fn run(global: &GlobalArgs, args: &ConfArgs, teller: &mut Reporter) -> CommandResult {
    let catalog = Catalog::recorded();
    let text = std::fs::read_to_string(&args.file).map_err(|error| {
        let file = args.file.display();
        CommandError::invalid_input(anyhow::anyhow!("cannot read '{file}': {error}"))
    })?;
    let references = ReferenceArgs {
        dp_conf: Some(args.file.clone()),
        ..args.references.clone()
    };
    let Some(proof) = read_verify_options(global, &references, std::slice::from_ref(&args.file), &catalog, teller)
    else {
        return Ok(ExitStatus::InvalidInput);
    };
    let mut sources = SourceFiles::default();
    let name = args.file.display().to_string();
    let file = sources.add(name.as_str(), text.as_str());
    let planes = &proof.context.data_planes;
    let mut all = values_from_file(&text, file, planes);
    all.extend(values_from_variables(planes));
    let policies = Policies {
        general: proof.policy,
        settings: Some(&proof.settings),
    };
    let look = PropertyVerifier {
        catalog: &catalog,
        verify_options: &proof,
        policies,
    };
    let findings = run_unless_interrupted(look.verify_all(&all)).await?;
    let known = || all.iter().zip(&findings);
    let told: Vec<Diagnostic> = known()
        .filter_map(|(one, finding)| to_diagnostic(one, finding, policies))
        .collect();
    teller.report_diagnostics(&told, &sources);
    let properties = known()
        .map(|(one, finding)| one.to_assessment(&name, finding))
        .collect();
    teller.report_properties(properties, &sources);
    Ok(match told.iter().any(is_error) {
        true => ExitStatus::InvalidInput,
        false => ExitStatus::Success,
    })
}

impl PropertyValue {
    fn to_assessment<'a>(&'a self, file: &'a str, finding: &'a Finding) -> PropertyAssessment<'a> {
        PropertyAssessment {
            source_name: self.plane.as_deref().unwrap_or(file),
            name: &self.property,
            text: &self.text,
            finding,
            span: self.span,
        }
    }
}

/// What there is to tell of a value, if anything. What is wrong keeps a node from starting, whoever wrote it and when.
fn to_diagnostic(one: &PropertyValue, finding: &Finding, policies: Policies<'_>) -> Option<Diagnostic> {
    let policy = match one.vault_name() {
        Some(name) if finding.reason.is_from_backend() => policies.for_vault(&name),
        _ => policies.general,
    };
    let told = Diagnostic {
        severity: severity(finding, policy)?,
        code: finding.reason.code(),
        message: format!("{}: {}", one.title(), finding.message),
        locations: Vec::new(),
        help: finding.help.clone(),
    };
    Some(match one.span {
        Some(span) => told.at_secret(span),
        None => told,
    })
}

fn severity(finding: &Finding, policy: Policy) -> Option<Severity> {
    match (finding.verdict(), policy) {
        (Verdict::Found, _) => None,
        (_, Policy::Off) if !finding.reason.is_static() => None,
        (Verdict::NotCheckable, Policy::Strict) => Some(Severity::Error),
        (Verdict::NotCheckable, _) => Some(Severity::Note),
        (_, Policy::Warn) => Some(Severity::Warning),
        _ => Some(Severity::Error),
    }
}
