use super::error::SchemaError;
use super::kind_file::KindFileSpec;
use super::record_file::RecordFile;
use super::referenceable_file::ReferenceableFile;

/// Checks a file by its path below `schemas/` (`kinds/service.yaml`) and its text. Kong's recorded answers are JSON and
/// not checked.
///
/// # Errors
/// The first thing that is wrong, with its place:
/// `schemas/kinds/service.yaml:3:9: unknown check 'pem_chian', did you mean 'pem_chain'?`
pub(crate) fn check_schema_file(path: &str, text: &str) -> Result<(), SchemaError> {
    let checked = match path.split_once('/') {
        _ if !path.ends_with(".yaml") => return Ok(()),
        Some(("kinds", _)) => serde_yaml::from_str::<KindFileSpec<RecordFile>>(text).map(drop),
        Some(_) => serde_yaml::from_str::<RecordFile>(text).map(drop),
        None => serde_yaml::from_str::<ReferenceableFile>(text).map(drop),
    };
    checked.map_err(|error| locate_error(path, &error))
}

fn locate_error(path: &str, error: &serde_yaml::Error) -> SchemaError {
    let text = error.to_string();
    let Some(location) = error.location() else {
        return SchemaError::new(path, text);
    };
    let (line, column) = (location.line(), location.column());
    let place = format!(" at line {line} column {column}");
    let message = text.strip_suffix(&place).unwrap_or(&text);
    let message = describe_unknown_word(message).unwrap_or_else(|| message.to_owned());
    SchemaError::new(format!("{path}:{line}:{column}"), message)
}

/// What serde says of an unknown word, with the nearest known one in place of a list of all.
fn describe_unknown_word(message: &str) -> Option<String> {
    let (outer, found) = message.split_once("unknown ")?;
    let noun = match found.split_once(' ')?.0 {
        "field" => "key",
        "variant" => singular_noun(outer),
        _ => return None,
    };
    let mut words = found.split('`').skip(1).step_by(2);
    let unknown = words.next()?;
    let hint = nearest_word(words, unknown).map_or_else(String::new, |known| format!(", did you mean '{known}'?"));
    Some(format!("unknown {noun} '{unknown}'{hint}"))
}

fn nearest_word<'a>(known: impl Iterator<Item = &'a str>, unknown: &str) -> Option<&'a str> {
    /// Words less alike have nothing to do with each other.
    const LEAST_SIMILARITY: f64 = 0.8;
    known
        .map(|word| (strsim::jaro_winkler(word, unknown), word))
        .filter(|(similarity, _)| *similarity > LEAST_SIMILARITY)
        .max_by(|(first, _), (second, _)| first.total_cmp(second))
        .map(|(_, word)| word)
}

/// What a value at a path is: `schema.fields[0].cert.checks[1]: ` leads to a check.
fn singular_noun(path: &str) -> &str {
    let last = path.trim_end_matches(": ").rsplit('.').next().unwrap_or_default();
    match last.split_once('[') {
        Some((list, _)) => list.strip_suffix('s').unwrap_or(list),
        None if last.is_empty() => "word",
        None => last,
    }
}

#[cfg(test)]
mod tests {
    use super::check_schema_file;

    fn error_of(text: &str) -> String {
        check_schema_file("kinds/x.yaml", text)
            .expect_err("something is wrong")
            .to_string()
    }

    #[test]
    fn a_misspelt_word_is_told_with_its_place_and_the_nearest_one() {
        for (wrong, told) in [
            (
                "colection: xs",
                "1:1: unknown key 'colection', did you mean 'collection'?",
            ),
            (
                "edition: enterprize",
                "1:10: unknown edition 'enterprize', did you mean 'enterprise'?",
            ),
            (
                "schema:\n  fields:\n  - cert: {type: string, checks: [pem_certifcate]}",
                "3:35: unknown check 'pem_certifcate', did you mean 'pem_certificate'?",
            ),
            (
                "schema:\n  fields:\n  - cert: {type: string, requierd: true}",
                "3:26: unknown key 'requierd', did you mean 'required'?",
            ),
            (
                "schema: {fields: [{cert: {type: strin}}]}",
                "1:33: unknown type 'strin', did you mean 'string'?",
            ),
            (
                "checks:\n- {check: piar, with: {}}",
                "2:11: unknown check 'piar', did you mean 'pair'?",
            ),
            (
                "checks:\n- {check: authority, with: {chian: cert}}",
                "2:29: unknown key 'chian', did you mean 'chain'?",
            ),
        ] {
            let error = error_of(wrong);
            assert_eq!(error, format!("schemas/kinds/x.yaml:{told}"), "{wrong}");
        }
    }

    #[test]
    fn a_value_of_the_wrong_type_is_told_with_its_place() {
        let error = error_of("name: x\ncollection: xs\nschema:\n  fields:\n  - a: {required: perhaps}");
        let place = "schemas/kinds/x.yaml:5:19: schema.fields[0].a.required: invalid type: string \"perhaps\"";
        assert!(error.starts_with(place), "{error}");
    }

    #[test]
    fn checks_with_arguments_are_read() {
        let text = "fields: [{a: {checks: [url, {some_true: [b]}, {key_pair: {private: c, public: d}}]}}]";
        assert_eq!(check_schema_file("plugins/x.yaml", text), Ok(()));
        let wrong = text.replace("public", "pubilc");
        let error = check_schema_file("plugins/x.yaml", &wrong)
            .expect_err("a misspelt key")
            .to_string();
        assert!(
            error.ends_with("unknown key 'pubilc', did you mean 'public'?"),
            "{error}"
        );
    }
}
