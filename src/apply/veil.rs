use json::Value;
use plan::Tree;
use schema::{Field, FieldPath, PathSegment, Record};

/// What is said in the place of a text that could repeat a secret.
const HIDDEN: &str = "is refused (the server's words could repeat a secret)";

/// Texts shorter than this are found everywhere; they are hidden by their place alone.
const TELLING: usize = 4;

/// Keeps the server's words from repeating a secret that was sent.
pub struct Veil<'a> {
    sent: Option<&'a Tree>,
    record: &'a Record,
    secrets: Vec<&'a str>,
}

impl<'a> Veil<'a> {
    /// For what a step sends.
    pub fn new(sent: Option<&'a Tree>, record: &'a Record) -> Self {
        let mut secrets = Vec::new();
        if let Some(tree) = sent {
            gather(tree, &mut secrets);
        }
        Self { sent, record, secrets }
    }

    /// The server's words about a field, unless they could repeat a secret.
    pub fn about(&self, path: &FieldPath, text: String) -> String {
        let secret = holds_secret(self.sent, &path.0) || marked_secret(self.record, &path.0);
        if secret || self.repeats(&text) {
            HIDDEN.to_owned()
        } else {
            text
        }
    }

    /// The server's words about the whole, unless they repeat a secret.
    pub fn whole(&self, text: String) -> Option<String> {
        (!self.repeats(&text)).then_some(text)
    }

    fn repeats(&self, text: &str) -> bool {
        self.secrets.iter().any(|secret| text.contains(secret))
    }
}

/// Gathers the texts of all secrets, line by line: an error may repeat one line of a key.
fn gather<'a>(tree: &'a Tree, found: &mut Vec<&'a str>) {
    match tree {
        Tree::Secret(secret) => texts(secret.expose(), found),
        Tree::List(members) => members.iter().for_each(|member| gather(member, found)),
        Tree::Map(members) => members.iter().for_each(|(_, member)| gather(member, found)),
        _ => {}
    }
}

fn texts<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => found.extend(text.lines().map(str::trim).filter(|line| line.len() >= TELLING)),
        Value::Array(members) => members.iter().for_each(|member| texts(member, found)),
        Value::Object(members) => members.values().for_each(|member| texts(member, found)),
        _ => {}
    }
}

/// Whether what was sent at a path is secret, or lies in something that is, or holds something that is.
fn holds_secret(tree: Option<&Tree>, path: &[PathSegment]) -> bool {
    let mut here = match tree {
        Some(tree) if !path.is_empty() => tree,
        _ => return false,
    };
    for segment in path {
        let next = match (here, segment) {
            (Tree::Secret(_), _) => return true,
            (Tree::Map(members), PathSegment::Name(name)) => members
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, member)| member),
            (Tree::List(members), PathSegment::Index(index)) => members.get(*index),
            _ => None,
        };
        match next {
            Some(next) => here = next,
            None => return false,
        }
    }
    let mut found = Vec::new();
    gather(here, &mut found);
    matches!(here, Tree::Secret(_)) || !found.is_empty()
}

/// Whether the schema marks the field, one that it lies in, or its members, as secret.
fn marked_secret(record: &Record, path: &[PathSegment]) -> bool {
    let has_secret_members = |field: &Field| field.element().is_some_and(|member| member.secret);
    let mut fields = record.fields_along(path);
    fields.any(|field| field.secret || has_secret_members(field))
}

#[cfg(test)]
mod tests {
    use super::*;
    use plan::{Secret, SecretOrigin};

    fn secret(text: &str) -> Tree {
        Tree::Secret(Secret::new(
            Value::String(text.to_owned()),
            "f".to_owned(),
            SecretOrigin::File,
        ))
    }

    #[test]
    fn words_about_a_secret_field_are_hidden_and_others_are_not() {
        let sent = Tree::Map(vec![
            ("open".to_owned(), Tree::String("seen".to_owned())),
            ("shut".to_owned(), secret("hush-hush")),
            (
                "deep".to_owned(),
                Tree::Map(vec![("inner".to_owned(), secret("quiet!"))]),
            ),
        ]);
        let record = Record::default();
        let veil = Veil::new(Some(&sent), &record);
        let about = |path: &str, text: &str| veil.about(&FieldPath::from_dotted(path), text.to_owned());
        assert_eq!(about("open", "is too long"), "is too long");
        for (path, text) in [
            ("shut", "is too long"),
            ("deep.inner", "is too long"),
            ("deep", "is too long"),
            ("open", "'hush-hush' is no colour"),
        ] {
            assert_eq!(about(path, text), HIDDEN, "{path}: {text}");
        }
        assert_eq!(veil.whole("expected hush-hush".to_owned()), None);
        assert_eq!(
            veil.whole("expected something".to_owned()).as_deref(),
            Some("expected something")
        );
    }

    #[test]
    fn words_about_a_secret_in_a_map_or_a_list_are_hidden() {
        let plugin = |name: &str| schema::Catalog::recorded().plugin_schema(name).expect("a schema");
        let headers = FieldPath::from_dotted("config.headers.authorization");
        let about = |record: &Record, path: &FieldPath| Veil::new(None, record).about(path, "is odd".to_owned());
        assert_eq!(about(&plugin("http-log"), &headers), HIDDEN);
        assert_eq!(
            about(&plugin("cors"), &FieldPath::from_dotted("config.origins").with_index(0)),
            "is odd"
        );
    }

    #[test]
    fn one_line_of_a_key_is_as_secret_as_all_of_it() {
        let sent = secret("-----BEGIN KEY-----\nMIIabc\n-----END KEY-----\n");
        let record = Record::default();
        assert_eq!(
            Veil::new(Some(&sent), &record).whole("bad line MIIabc".to_owned()),
            None
        );
    }
}
