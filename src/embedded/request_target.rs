use percent_encoding::percent_decode_str;

use super::error::EmbeddedError;
use http::Request;
use json::Object;

/// A request, taken apart.
pub(super) struct RequestTarget {
    /// The path's segments, decoded; a slash at the end makes none.
    pub(super) segments: Vec<String>,
    /// The path as it was asked for, without query: page links repeat it.
    pub(super) path: String,
    /// The query's parameters, decoded, in order.
    query_params: Vec<(String, String)>,
}

impl RequestTarget {
    /// Takes a request apart, all but its body.
    pub(super) fn from_request(request: &Request) -> Self {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let path = path.split('#').next().unwrap_or_default();
        Self {
            segments: path
                .split('/')
                .filter(|segment| !segment.is_empty())
                .map(percent_decode)
                .collect(),
            path: path.trim_end_matches('/').to_owned(),
            query_params: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        }
    }

    /// The last value of a query parameter.
    pub(super) fn query_param(&self, name: &str) -> Option<&str> {
        self.query_params
            .iter()
            .rfind(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// The body as an object; none is an empty one.
pub(super) fn parse_body(request: &Request) -> Result<Object, EmbeddedError> {
    match request.body.as_deref() {
        None | Some([]) => Ok(Object::new()),
        Some(text) => {
            serde_json::from_slice(text).map_err(|_| EmbeddedError::Message(400, "Cannot parse JSON body".to_owned()))
        }
    }
}

fn percent_decode(segment: &str) -> String {
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}
