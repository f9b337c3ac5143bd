use super::error::EmbeddedError;
use super::store::ListFilter;

/// How many tags a query takes.
const MAX_TAGS: usize = 5;

/// Reads a query's `tags`: `a,b` asks for entities bearing both, `a/b` for those bearing either.
///
/// # Errors
/// As Kong: nothing at all, both signs at once, an empty tag, more than five.
pub(super) fn parse_tag_filter(text: &str) -> Result<ListFilter, EmbeddedError> {
    let invalid = |reason| EmbeddedError::InvalidOption { option: "tags", reason };
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
    if tags.len() > MAX_TAGS {
        return Err(invalid("cannot query more than 5 tags"));
    }
    tags.dedup();
    Ok(if all {
        ListFilter::AllTags(tags)
    } else {
        ListFilter::AnyTag(tags)
    })
}
