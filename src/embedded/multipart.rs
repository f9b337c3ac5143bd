/// The fields of a `multipart/form-data` body with their values, files as their contents.
///
/// None: the body is not one of that boundary.
pub(super) fn parse_multipart(boundary: &str, body: &[u8]) -> Option<Vec<(String, String)>> {
    let text = String::from_utf8_lossy(body);
    let delimiter = format!("--{boundary}");
    let mut parts = text.split(delimiter.as_str());
    parts.next()?;
    let mut fields = Vec::new();
    for part in parts {
        if part.starts_with("--") {
            return Some(fields);
        }
        let (head, value) = part.split_once("\r\n\r\n")?;
        let value = value.strip_suffix("\r\n").unwrap_or(value);
        fields.push((parse_field_name(head)?, value.to_owned()));
    }
    None
}

/// The boundary that a content type tells.
pub(super) fn parse_boundary(content_type: &str) -> Option<&str> {
    let parameters = content_type.split(';').skip(1);
    let value = parameters
        .map(str::trim)
        .find_map(|parameter| parameter.strip_prefix("boundary="))?;
    Some(value.trim_matches('"'))
}

fn parse_field_name(head: &str) -> Option<String> {
    let disposition = head
        .lines()
        .find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
    let name = disposition
        .split(';')
        .map(str::trim)
        .find_map(|part| part.strip_prefix("name="))?;
    Some(name.trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_files_are_text() {
        let body = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b\r\ncontent-disposition: form-data; \
                    name=\"c\"; filename=\"c.pem\"\r\nContent-Type: text/plain\r\n\r\nx\ny\n\r\n--b--\r\n";
        let fields = parse_multipart("b", body.as_bytes()).unwrap();
        assert_eq!(
            fields,
            [("a".to_owned(), "1".to_owned()), ("c".to_owned(), "x\ny\n".to_owned())]
        );
        assert_eq!(parse_boundary("multipart/form-data; boundary=\"b\""), Some("b"));
        assert!(parse_multipart("other", body.as_bytes()).is_none());
        assert!(parse_multipart("b", &body.as_bytes()[..40]).is_none());
    }
}
