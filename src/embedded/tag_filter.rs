use super::refusal::Refusal;
use super::store::Filter;

/// How many tags a query takes.
const MOST: usize = 5;

/// Reads a query's `tags`: `a,b` asks for entities bearing both, `a/b` for those bearing either.
///
/// # Errors
/// As Kong: nothing at all, both signs at once, an empty tag, more than five.
pub(super) fn tag_filter(text: &str) -> Result<Filter, Refusal> {
    let invalid = |why| Refusal::InvalidOption { option: "tags", why };
    if text.is_empty() {
        return Err(invalid("cannot be null"));
    }
    let (separator, all) = match (text.contains(','), text.contains('/')) {
        (true, true) => return Err(invalid("invalid filter syntax")),
        (false, true) => ('/', false),
        (_, false) => (',', true),
    };
    let mut tags: Vec<String> = text.split(separator).map(str::to_owned).collect();
    if tags.iter().any(String::is_empty) {
        return Err(invalid("invalid filter syntax"));
    }
    if tags.len() > MOST {
        return Err(invalid("cannot query more than 5 tags"));
    }
    tags.dedup();
    Ok(if all {
        Filter::AllTags(tags)
    } else {
        Filter::AnyTag(tags)
    })
}
