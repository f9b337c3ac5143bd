use std::collections::BTreeMap;

use super::check::{prove, read};
use crate::Outcome;
use crate::args::{EnvArgs, EnvFormat, Global, ReferenceArgs};
use crate::documents::{Documents, is_error};
use crate::report::{self, Variable};
use crate::signals::unless_interrupted;
use crate::stop::Done;
use crate::teller::Teller;
use crate::verify_options::read_verify_options;
use reconcile::{Proof, Proven};
use reference::{Assessment, Policy, ReferenceSettings, format_variable_name, resolve_target};
use schema::Catalog;
use yaml::Diagnostic;

/// Tells the variables that the references of state files ask of every data plane. No vault is asked for anything.
pub async fn run(global: &Global, args: &EnvArgs, teller: &mut Teller) -> Done {
    let catalog = Catalog::recorded();
    let references = ReferenceArgs {
        dp_conf: args.dp_conf.clone(),
        ..ReferenceArgs::default()
    };
    let documents = read(global, &args.state, &args.scope, &catalog, teller);
    let said = read_verify_options(global, &references, &args.state.paths(), &catalog, teller);
    let (Some(documents), Some(said)) = (documents, said) else {
        return Ok(Outcome::Invalid);
    };
    let nothing_asked = Proof::new(Policy::Off);
    let (catalog, proven) = unless_interrupted(prove(global, &catalog, &documents, &nothing_asked)).await??;
    let asked = Asked {
        catalog: &catalog,
        documents: &documents,
        proven: &proven,
        settings: &said.settings,
    };
    let (variables, left_out) = asked.variables();
    teller.diagnostics(&[&proven.diagnostics[..], &left_out].concat(), &documents.sources);
    if proven.diagnostics.iter().any(is_error) {
        return Ok(Outcome::Invalid);
    }
    report::to_stdout(&match args.format {
        EnvFormat::Dotenv => report::dotenv(&variables),
        EnvFormat::Kubernetes => report::secret_manifest(&variables),
    })?;
    Ok(Outcome::Done)
}

/// What references ask of data planes.
struct Asked<'a> {
    catalog: &'a Catalog,
    documents: &'a Documents,
    proven: &'a Proven,
    settings: &'a ReferenceSettings,
}

/// What a reference calls a variable.
enum Name {
    /// Its name.
    Told(String),
    /// What is shown of one that a template fills in, wholly or in part.
    Filled(String),
}

impl Asked<'_> {
    /// The variables, and what there is to tell of those that are left out.
    fn variables(&self) -> (BTreeMap<String, Variable>, Vec<Diagnostic>) {
        let Documents { sources, desired } = self.documents;
        let mut variables: BTreeMap<String, Variable> = BTreeMap::new();
        let mut left_out = Vec::new();
        for one in &self.proven.judged {
            match self.name(one) {
                Some(Name::Told(name)) => {
                    let key = one.reference.as_ref().and_then(|reference| reference.key.clone());
                    let variable = variables.entry(name).or_default();
                    variable
                        .keys
                        .extend(key.map(|key| String::from_utf8_lossy(&key).into_owned()));
                    let by = report::used_by(self.catalog, desired, sources, one);
                    variable.used_by.push(by);
                }
                Some(Name::Filled(shown)) => left_out.push(self.left_out(one, &shown)),
                None => {}
            }
        }
        (variables, left_out)
    }

    /// The variable that a reference names, if its vault is one of env.
    fn name(&self, one: &Assessment) -> Option<Name> {
        let reference = one.reference.as_ref()?;
        let vault_name = one.vault_name()?;
        let vault = self.proven.vaults.find(&vault_name)?;
        if vault.backend() != "env" {
            return None;
        }
        let target = resolve_target(self.catalog, &vault_name, vault, reference, self.settings);
        let resource = String::from_utf8_lossy(&reference.resource);
        let of = |prefix: &str| format_variable_name(prefix, &resource, reference.version == Some(2.0));
        Some(match one.site.is_templated {
            true => Name::Filled("of this reference".to_owned()),
            false if target.is_templated("prefix") => Name::Filled(format!("PREFIX…{}", of(""))),
            false => Name::Told(of(target.text("prefix").unwrap_or_default())),
        })
    }

    fn left_out(&self, one: &Assessment, shown: &str) -> Diagnostic {
        let message = format!("the variable {shown} is left out: a template fills in what it is called");
        let told = Diagnostic::note("filled-variable", message)
            .help("data planes must define it, too; what comes from the environment is not shown");
        match one.site.declared {
            Some(declared) => {
                let source = &self.documents.desired.entity(declared).location;
                told.at(source.value_span(&one.site.path))
            }
            None => told,
        }
    }
}
