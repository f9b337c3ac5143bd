use std::collections::BTreeMap;

use super::check::{read_documents, verify_references};
use crate::ExitStatus;
use crate::args::{EnvArgs, EnvFormat, GlobalArgs, ReferenceArgs};
use crate::command_error::{CommandError, CommandResult, CommandSuccess};
use crate::commands::{RunCommand, block_on};
use crate::documents::{Documents, fail_on_errors};
use crate::output_mode::OutputMode;
use crate::printer::print_stdout;
use crate::report::{self, DataPlaneVariable};
use crate::reporter::Reporter;
use crate::signals::run_unless_interrupted;
use crate::verify_options::read_verify_options;
use reconcile::{Verification, VerifyOptions};
use reference::{Assessment, Policy, ReferenceSettings, format_variable_name, resolve_target};
use schema::Catalog;
use yaml::{Diagnostic, DiagnosticCode};

impl RunCommand for EnvArgs {
    fn output_mode(&self) -> OutputMode {
        OutputMode::Raw
    }

    /// Prints the variables that references expect of every data plane. No vault is asked for anything.
    fn run(self, global: &GlobalArgs, reporter: &mut Reporter) -> CommandResult {
        block_on(print_variables(global, &self, reporter))
    }
}

async fn print_variables(global: &GlobalArgs, args: &EnvArgs, reporter: &mut Reporter) -> CommandResult {
    let catalog = Catalog::recorded();
    let references = ReferenceArgs {
        dp_conf: args.dp_conf.clone(),
        ..ReferenceArgs::default()
    };
    let documents = read_documents(global, &args.state, &args.scope, &catalog, reporter);
    let options = read_verify_options(global, &references, &args.state.paths(), &catalog, reporter);
    let (documents, options) = documents
        .zip(options)
        .ok_or(CommandError::AlreadyReported(ExitStatus::InvalidInput))?;
    let without_queries = VerifyOptions::new(Policy::Off);
    let verification = verify_references(global, &catalog, &documents, &without_queries);
    let (catalog, verification) = run_unless_interrupted(verification).await??;
    let collector = VariableCollector {
        catalog: &catalog,
        documents: &documents,
        verification: &verification,
        settings: &options.settings,
    };
    let (variables, left_out) = collector.collect_variables();
    let diagnostics = [&verification.diagnostics[..], &left_out].concat();
    reporter.report_diagnostics(&diagnostics, &documents.sources);
    fail_on_errors(&verification.diagnostics)?;
    print_stdout(&match args.format {
        EnvFormat::Dotenv => report::render_dotenv(&variables),
        EnvFormat::Kubernetes => report::render_secret_manifest(&variables),
    })?;
    Ok(CommandSuccess::Done)
}

/// Collects the environment variables of data planes that references name.
struct VariableCollector<'a> {
    catalog: &'a Catalog,
    documents: &'a Documents,
    verification: &'a Verification,
    settings: &'a ReferenceSettings,
}

enum VariableName {
    Known(String),
    /// What may be shown of a name that a template fills in, wholly or in part.
    Templated(String),
}

impl VariableCollector<'_> {
    /// The variables, and a note about each that is left out.
    fn collect_variables(&self) -> (BTreeMap<String, DataPlaneVariable>, Vec<Diagnostic>) {
        let Documents { sources, desired } = self.documents;
        let mut variables: BTreeMap<String, DataPlaneVariable> = BTreeMap::new();
        let mut left_out = Vec::new();
        for assessment in &self.verification.assessments {
            match self.variable_name(assessment) {
                Some(VariableName::Known(name)) => {
                    let reference = assessment.reference.as_ref();
                    let key = reference.and_then(|reference| reference.key.clone());
                    let variable = variables.entry(name).or_default();
                    variable
                        .json_keys
                        .extend(key.map(|key| String::from_utf8_lossy(&key).into_owned()));
                    let usage = report::describe_usage(self.catalog, desired, sources, assessment);
                    variable.used_by.push(usage);
                }
                Some(VariableName::Templated(shown)) => left_out.push(self.left_out_note(assessment, &shown)),
                None => {}
            }
        }
        (variables, left_out)
    }

    /// The variable that a reference names, if its vault's backend is env.
    fn variable_name(&self, assessment: &Assessment) -> Option<VariableName> {
        let reference = assessment.reference.as_ref()?;
        let vault_name = assessment.vault_name()?;
        let vault = self.verification.vaults.find(&vault_name)?;
        if vault.backend() != "env" {
            return None;
        }
        let target = resolve_target(self.catalog, &vault_name, vault, reference, self.settings);
        let resource = String::from_utf8_lossy(&reference.resource);
        let name_with = |prefix: &str| format_variable_name(prefix, &resource, reference.version == Some(2.0));
        Some(match assessment.site.is_templated {
            true => VariableName::Templated("of this reference".to_owned()),
            false if target.is_templated("prefix") => VariableName::Templated(format!("PREFIX…{}", name_with(""))),
            false => VariableName::Known(name_with(target.text("prefix").unwrap_or_default())),
        })
    }

    fn left_out_note(&self, assessment: &Assessment, shown: &str) -> Diagnostic {
        let message = format!("the variable {shown} is left out: a template fills in what it is called");
        let note = Diagnostic::note(DiagnosticCode::FilledVariable, message)
            .help("data planes must define it, too; what comes from the environment is not shown");
        match assessment.site.entity.declared {
            Some(declared) => {
                let source = &self.documents.desired.entity(declared).location;
                note.at(source.value_span(&assessment.site.path))
            }
            None => note,
        }
    }
}
