mod property_values;
mod verify;

use anyhow::anyhow;

use crate::ExitStatus;
use crate::args::{ConfArgs, GlobalArgs, ReferenceArgs};
use crate::command_error::{CommandError, CommandResult, CommandSuccess};
use crate::commands::{RunCommand, block_on};
use crate::documents::fail_on_errors;
use crate::output_mode::OutputMode;
use crate::report::PropertyAssessment;
use crate::reporter::Reporter;
use crate::signals::run_unless_interrupted;
use crate::verify_options::read_verify_options;
use property_values::{PropertyValue, values_from_file, values_from_variables};
use reference::{Finding, Policies, Policy, Verdict};
use schema::Catalog;
use verify::PropertyVerifier;
use yaml::{Diagnostic, Severity, SourceFiles};

impl RunCommand for ConfArgs {
    fn output_mode(&self) -> OutputMode {
        OutputMode::for_references(self.json_output)
    }

    /// Verifies the references of a kong.conf, and of the `KONG_*` variables that come with it.
    ///
    /// Kong resolves them once, when it starts, before it has a database: only backends' own names work there, with the
    /// `vault_*` properties for settings, and a failure is fatal (facts of kong.conf's own documentation).
    fn run(self, global: &GlobalArgs, reporter: &mut Reporter) -> CommandResult {
        block_on(verify_conf(global, &self, reporter))
    }
}

async fn verify_conf(global: &GlobalArgs, args: &ConfArgs, reporter: &mut Reporter) -> CommandResult {
    let catalog = Catalog::recorded();
    let name = args.file.display().to_string();
    let text = std::fs::read_to_string(&args.file)
        .map_err(|error| CommandError::invalid_input(anyhow!("cannot read '{name}': {error}")))?;
    let references = ReferenceArgs {
        dp_conf: Some(args.file.clone()),
        ..args.references.clone()
    };
    let paths = std::slice::from_ref(&args.file);
    let options = read_verify_options(global, &references, paths, &catalog, reporter)
        .ok_or(CommandError::AlreadyReported(ExitStatus::InvalidInput))?;
    let mut sources = SourceFiles::default();
    let file = sources.add(name.as_str(), text.as_str());
    let planes = &options.context.data_planes;
    let mut values = values_from_file(&text, file, planes);
    values.extend(values_from_variables(planes));
    let policies = Policies {
        general: options.policy,
        settings: Some(&options.settings),
    };
    let verifier = PropertyVerifier {
        catalog: &catalog,
        verify_options: &options,
        policies,
    };
    let findings = run_unless_interrupted(verifier.verify_all(&values)).await?;
    let assessed = || values.iter().zip(&findings);
    let diagnostics: Vec<Diagnostic> = assessed()
        .filter_map(|(value, finding)| to_diagnostic(value, finding, policies))
        .collect();
    reporter.report_diagnostics(&diagnostics, &sources);
    let assessments = assessed()
        .map(|(value, finding)| value.to_assessment(&name, finding))
        .collect();
    reporter.report_properties(assessments, &sources);
    fail_on_errors(&diagnostics)?;
    Ok(CommandSuccess::Done)
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

/// The diagnostic of a value, if there is one. A wrong one keeps a node from starting, whoever wrote it and when.
fn to_diagnostic(value: &PropertyValue, finding: &Finding, policies: Policies<'_>) -> Option<Diagnostic> {
    let policy = match value.vault_name() {
        Some(name) if finding.reason.is_from_backend() => policies.for_vault(&name),
        _ => policies.general,
    };
    let diagnostic = Diagnostic {
        severity: severity(finding, policy)?,
        code: finding.reason.code(),
        message: format!("{}: {}", value.title(), finding.message),
        locations: Vec::new(),
        help: finding.help.clone(),
    };
    Some(match value.span {
        Some(span) => diagnostic.at_secret(span),
        None => diagnostic,
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
