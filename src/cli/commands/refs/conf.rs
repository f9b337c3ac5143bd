use crate::cli::Outcome;
use crate::cli::args::{ConfArgs, Global, ReferenceArgs};
use crate::cli::documents::is_error;
use crate::cli::proof::{proof, properties};
use crate::cli::signals::unless_interrupted;
use crate::cli::stop::{Done, Stop};
use crate::cli::teller::Teller;
use crate::reconcile::Proof;
use crate::reference::backends::resolve;
use crate::reference::{self, Errand, Finding, FoundVault, Reason, Reference, Verdict, Wanted, is_reference, parse};
use crate::report;
use crate::schema::Catalog;
use crate::state::{Diagnostic, Severity, Sources, Span};

/// Looks at the references of a kong.conf, and of the `KONG_*` variables that come with it.
///
/// Kong resolves them once, when it starts, before it has a database: only backends' own names work there, with the
/// `vault_*` properties for settings, and a failure is fatal (facts of kong.conf's own documentation).
pub async fn run(global: &Global, args: &ConfArgs, teller: &mut Teller) -> Done {
    let catalog = Catalog::recorded();
    let text = std::fs::read_to_string(&args.file).map_err(|error| {
        let file = args.file.display();
        Stop::invalid(anyhow::anyhow!("cannot read '{file}': {error}"))
    })?;
    let references = ReferenceArgs {
        dp_conf: Some(args.file.clone()),
        ..args.references.clone()
    };
    let Some(proof) = proof(global, &references, std::slice::from_ref(&args.file), &catalog, teller) else {
        return Ok(Outcome::Invalid);
    };
    let mut sources = Sources::default();
    let file = sources.add(args.file.display().to_string(), text.as_str());
    let mut stated = of_file(&text, file);
    stated.extend(of_variables(&proof));
    let look = Look {
        catalog: &catalog,
        proof: &proof,
    };
    let told = unless_interrupted(look.at(&stated)).await?;
    teller.diagnostics(&told, &sources);
    if teller.is_text() {
        let count = stated.iter().filter(|one| one.text.contains("{vault://")).count();
        report::to_stderr(&format!("references: {count}\n"));
    }
    Ok(match told.iter().any(is_error) {
        true => Outcome::Invalid,
        false => Outcome::Done,
    })
}

/// A value of a property, or one of the several that stand between commas.
struct Stated {
    property: String,
    text: String,
    /// Where, if in the file; else the variable's data plane is part of the property's name.
    span: Option<Span>,
}

fn of_file(text: &str, file: crate::state::FileId) -> Vec<Stated> {
    let mut stated = Vec::new();
    let mut start = 0;
    for (number, line) in (1..).zip(text.split('\n')) {
        let value = line.find('=').map_or(0, |at| at + 1);
        let value = value + line[value..].len() - line[value..].trim_start().len();
        let span = Span {
            file,
            start: (start + value) as u32,
            end: (start + line.trim_end().len().max(value)) as u32,
            line: number,
            column: line[..value].chars().count() as u32 + 1,
        };
        for (property, value) in properties(line) {
            stated.extend(elements(&property, &value, Some(span)));
        }
        start += line.len() + 1;
    }
    stated
}

fn of_variables(proof: &Proof) -> Vec<Stated> {
    let planes = proof.context.planes.iter();
    let variables = planes.flat_map(|plane| plane.variables.iter().map(|(name, value)| (&plane.name, name, value)));
    let of_kong = variables.filter(|(_, name, _)| name.starts_with("KONG_"));
    of_kong
        .filter_map(|(plane, name, value)| Some((format!("{name} ({plane})"), value.text()?.trim())))
        .flat_map(|(name, value)| elements(&name, value, None))
        .collect()
}

/// The values between commas, for properties that take several; those that hold no reference are of no interest.
fn elements(property: &str, value: &str, span: Option<Span>) -> Vec<Stated> {
    let values = value.split(',').map(str::trim).filter(|text| text.contains("{vault:"));
    let stated = values.map(|text| Stated {
        property: property.to_owned(),
        text: text.to_owned(),
        span,
    });
    stated.collect()
}

struct Look<'a> {
    catalog: &'a Catalog,
    proof: &'a Proof,
}

impl Look<'_> {
    async fn at(&self, stated: &[Stated]) -> Vec<Diagnostic> {
        let mut told = Vec::new();
        for one in stated {
            told.extend(self.at_one(one).await.map(|told| match one.span {
                Some(span) => told.at_secret(span),
                None => told,
            }));
        }
        told
    }

    async fn at_one(&self, one: &Stated) -> Option<Diagnostic> {
        if let Some(told) = of_form(one) {
            return Some(told);
        }
        let reference = match parse(&one.text) {
            Ok(reference) => reference,
            Err(error) => {
                return Some(wrong(
                    one,
                    "bad-reference",
                    &format!("Kong cannot read this reference: {error}"),
                ));
            }
        };
        let name = String::from_utf8_lossy(&reference.name).into_owned();
        if !self.catalog.subschemas("vaults").any(|backend| backend == name) {
            let told = wrong(one, "unknown-vault", &format!("'{name}' is no backend"));
            return Some(
                told.help("kong.conf is read before the database: only backends' own names work, no vault's prefix"),
            );
        }
        finding(one, self.resolved(&name, &reference).await)
    }

    async fn resolved(&self, name: &str, reference: &Reference) -> Finding {
        let vault = FoundVault::Backend(name);
        let target = reference::target(self.catalog, name, vault, reference, &self.proof.settings);
        let wanted = vec![Wanted::by(reference)];
        let errands = [Errand { target, wanted }];
        let fetched = resolve(&errands, &self.proof.context).await;
        match fetched.iter().flatten().next() {
            Some(fetched) => reference::proven(&errands[0].target, reference, fetched).0,
            None => Finding::new(Reason::ServerError, format!("the vault '{name}' gave no answer")),
        }
    }
}

/// What is wrong with a value's form.
fn of_form(one: &Stated) -> Option<Diagnostic> {
    let is_one = is_reference(&one.text);
    if one
        .property
        .to_ascii_lowercase()
        .trim_start_matches("kong_")
        .starts_with("vault_")
    {
        let told = wrong(
            one,
            "literal",
            "settings of vaults are taken as they stand: a reference there is not resolved",
        );
        return Some(told.help("write the value, or give it to the node as a variable"));
    }
    if is_one {
        return None;
    }
    let cut = one.text.starts_with("{vault://") && one.span.is_some();
    Some(match cut {
        true => wrong(
            one,
            "cut-reference",
            "the reference has no end: `#` begins a comment here",
        )
        .help("write the version as `\\#2`"),
        false => wrong(
            one,
            "not-a-reference",
            "a reference must be the whole value: this text is used as it stands",
        )
        .help("put the whole value into the secret"),
    })
}

fn wrong(one: &Stated, code: &'static str, message: &str) -> Diagnostic {
    Diagnostic::error(code, format!("{}: {message}", one.property))
}

fn finding(one: &Stated, finding: Finding) -> Option<Diagnostic> {
    let severity = match finding.verdict() {
        Verdict::Found => return None,
        Verdict::NotCheckable => Severity::Note,
        _ => Severity::Error,
    };
    let mut told = wrong(one, finding.reason.code(), &finding.message);
    told.severity = severity;
    told.help = finding.help;
    Some(told)
}
