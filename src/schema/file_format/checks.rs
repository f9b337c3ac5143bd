use serde::Deserialize;

/// A check of one value that Kong makes in code: a member of the list `checks` of a field.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FieldCheck {
    CookieName,
    HeaderName,
    HostWithPort,
    HostWithoutPort,
    IpOrCidr,
    /// `*`, or a regular expression.
    Origin,
    PemCertificate,
    PemKey,
    RedirectUri,
    RouteHost,
    RoutePath,
    ServerName,
    TagCharacters,
    TargetHost,
    UpstreamName,
    Url,
    UrlPath,
    Utf8Name,
    WildcardServerName,
    /// At least one of these boolean fields of the record is true.
    SomeTrue(Vec<String>),
    /// The record holds the halves of a key, each in PEM.
    KeyPair(KeyPairFields),
    /// No member of the list stands in it twice. `/schemas/ENTITY/validate` does not look.
    Unrepeated,
}

/// The fields of a record that hold the halves of a key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyPairFields {
    pub private: String,
    pub public: String,
}

/// A check across the fields of an entity that Kong makes in code: a member of the list `checks` of a kind.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "check", content = "with", rename_all = "snake_case", deny_unknown_fields)]
pub enum KindCheck {
    /// Where all fields `of` are set, all that it `needs` must be. Paths are dotted.
    Needs { of: Vec<String>, needs: Vec<String> },
    /// A certificate and the key that belongs to it.
    Pair {
        chain: String,
        private: String,
        message: String,
    },
    /// Two certificates whose keys must be of different algorithms.
    DifferentAlgorithms {
        first: String,
        second: String,
        message: String,
    },
    /// The certificate of an authority.
    Authority { chain: String },
    /// A JSON Web Key in `json`, whose id stands in `bears`; `beside` may hold the key in another form.
    JsonWebKey {
        json: String,
        bears: String,
        beside: String,
    },
    /// What the router makes of a route.
    RouteExpression(RouterFields),
}

/// Which field of a route becomes which field of the router.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouterFields {
    #[serde(rename = "tls.sni")]
    pub sni: String,
    #[serde(rename = "http.method")]
    pub method: String,
    #[serde(rename = "http.host")]
    pub host: String,
    #[serde(rename = "http.path")]
    pub path: String,
    #[serde(rename = "http.headers")]
    pub headers: String,
    #[serde(rename = "net.src")]
    pub source: String,
    #[serde(rename = "net.dst")]
    pub destination: String,
    #[serde(rename = "net.protocol")]
    pub protocol: String,
}

impl KindCheck {
    /// Whether the check is made where one of its fields is wrong by itself.
    pub(crate) fn runs_with_invalid_fields(&self) -> bool {
        matches!(self, Self::Needs { .. })
    }

    /// The fields that it looks at, dotted where they are nested.
    pub fn fields(&self) -> Vec<&str> {
        match self {
            Self::Needs { of, needs } => of.iter().chain(needs).map(String::as_str).collect(),
            Self::Pair { chain, private, .. } => vec![chain, private],
            Self::DifferentAlgorithms { first, second, .. } => vec![first, second],
            Self::Authority { chain } => vec![chain],
            Self::JsonWebKey { json, bears, beside } => vec![json, bears, beside],
            Self::RouteExpression(router) => vec![
                &router.sni,
                &router.method,
                &router.host,
                &router.path,
                &router.headers,
                &router.source,
                &router.destination,
                &router.protocol,
            ],
        }
    }
}
