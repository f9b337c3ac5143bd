use std::collections::BTreeMap;

use super::check::{read_documents, verify_references};
use crate::ExitStatus;
use crate::args::{EnvArgs, EnvFormat, GlobalArgs, ReferenceArgs};
use crate::command_error::CommandResult;
use crate::documents::{Documents, is_error};
use crate::report::{self, DataPlaneVariable};
use crate::reporter::Reporter;
use crate::signals::run_unless_interrupted;
use crate::verify_options::read_verify_options;
use reconcile::{Verification, VerifyOptions};
use reference::{Assessment, Policy, ReferenceSettings, format_variable_name, resolve_target};
use schema::Catalog;
use yaml::Diagnostic;

/// Tells the variables that the references of state files ask of every data plane. No vault is asked for anything.
pub async fn run(global: &GlobalArgs, args: &EnvArgs, teller: &mut Reporter) -> CommandResult {
    let catalog = Catalog::recorded();
    let references = ReferenceArgs {
        dp_conf: args.dp_conf.clone(),
        ..ReferenceArgs::default()
    };
    let documents = read_documents(global, &args.state, &args.scope, &catalog, teller);
    let said = read_verify_options(global, &references, &args.state.paths(), &catalog, teller);
    let (Some(documents), Some(said)) = (documents, said) else {
        return Ok(ExitStatus::InvalidInput);
    };
    let nothing_asked = VerifyOptions::new(Policy::Off);
    let (catalog, proven) =
        run_unless_interrupted(verify_references(global, &catalog, &documents, &nothing_asked)).await??;
    let asked = VariableCollector {
        catalog: &catalog,
        documents: &documents,
        verification: &proven,
        settings: &said.settings,
    };
    let (variables, left_out) = asked.collect_variables();
    teller.report_diagnostics(&[&proven.diagnostics[..], &left_out].concat(), &documents.sources);
    if proven.diagnostics.iter().any(is_error) {
        return Ok(ExitStatus::InvalidInput);
    }
    report::print_stdout(&match args.format {
        EnvFormat::Dotenv => report::render_dotenv(&variables),
        EnvFormat::Kubernetes => report::render_secret_manifest(&variables),
    })?;
    Ok(ExitStatus::Success)
}

/// What references ask of data planes.
struct VariableCollector<'a> {
    catalog: &'a Catalog,
    documents: &'a Documents,
    verification: &'a Verification,
    settings: &'a ReferenceSettings,
}

/// What a reference calls a variable.
enum VariableName {
    /// Its name.
    Known(String),
    /// What is shown of one that a template fills in, wholly or in part.
    Templated(String),
}

impl VariableCollector<'_> {
    /// The variables, and what there is to tell of those that are left out.
    fn collect_variables(&self) -> (BTreeMap<String, DataPlaneVariable>, Vec<Diagnostic>) {
        let Documents { sources, desired } = self.documents;
        let mut variables: BTreeMap<String, DataPlaneVariable> = BTreeMap::new();
        let mut left_out = Vec::new();
        for one in &self.verification.assessments {
            match self.variable_name(one) {
                Some(VariableName::Known(name)) => {
                    let key = one.reference.as_ref().and_then(|reference| reference.key.clone());
                    let variable = variables.entry(name).or_default();
                    variable
                        .json_keys
                        .extend(key.map(|key| String::from_utf8_lossy(&key).into_owned()));
                    let by = report::describe_usage(self.catalog, desired, sources, one);
                    variable.used_by.push(by);
                }
                Some(VariableName::Templated(shown)) => left_out.push(self.left_out_note(one, &shown)),
                None => {}
            }
        }
        (variables, left_out)
    }

    /// The variable that a reference names, if its vault is one of env.
    fn variable_name(&self, one: &Assessment) -> Option<VariableName> {
        let reference = one.reference.as_ref()?;
        let vault_name = one.vault_name()?;
        let vault = self.verification.vaults.find(&vault_name)?;
        if vault.backend() != "env" {
            return None;
        }
        let target = resolve_target(self.catalog, &vault_name, vault, reference, self.settings);
        let resource = String::from_utf8_lossy(&reference.resource);
        let of = |prefix: &str| format_variable_name(prefix, &resource, reference.version == Some(2.0));
        Some(match one.site.is_templated {
            true => VariableName::Templated("of this reference".to_owned()),
            false if target.is_templated("prefix") => VariableName::Templated(format!("PREFIX…{}", of(""))),
            false => VariableName::Known(of(target.text("prefix").unwrap_or_default())),
        })
    }

    fn left_out_note(&self, one: &Assessment, shown: &str) -> Diagnostic {
        let message = format!("the variable {shown} is left out: a template fills in what it is called");
        let told = Diagnostic::note("filled-variable", message)
            .help("data planes must define it, too; what comes from the environment is not shown");
        match one.site.entity.declared {
            Some(declared) => {
                let source = &self.documents.desired.entity(declared).location;
                told.at(source.value_span(&one.site.path))
            }
            None => told,
        }
    }
}
