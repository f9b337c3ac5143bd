use std::collections::BTreeMap;

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
    /// A pair divided by colons whose name is that of a header: `X-A: value`.
    PairedHeader,
    /// The same, where the value is the name of a header, too.
    PairedHeaders,
    /// A pair divided by colons that has a value.
    PairWithValue,
    PemCertificate,
    PemKey,
    /// A key in PEM by which signatures are verified.
    SignatureKey,
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
    /// No two members of the list have the same value in a field.
    UnrepeatedMember(UnrepeatedMemberField),
    /// A chunk of Lua that compiles; what stands before LuaJIT's words where it does not.
    LuaCode(String),
    /// The name of a dictionary that the node's workers share; the message where there is none, `%s` for the name.
    SharedDictionary(String),
    /// Numbers of the record, none of which is lower than one before it.
    Ascending(AscendingNumbers),
    /// Values that must not stand together in the record.
    Refused(RefusedCombination),
    /// The record does not say twice who asks: in a URL and in a header.
    SingleAuthorization(AuthorizationFields),
    /// A check that Kong makes only where a condition of the schema asks for the field.
    WhereRequired(Box<FieldCheck>),
}

/// A field of which no two members of a list may have the same value.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnrepeatedMemberField {
    pub field: String,
    /// `%s` stands for the value.
    pub message: String,
}

/// Fields of a record whose numbers do not decrease.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AscendingNumbers {
    pub fields: Vec<String>,
    /// `{later}` and `{earlier}` stand for the fields with their numbers.
    pub message: String,
}

/// Values that must not stand together: a record is refused where all of this holds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefusedCombination {
    /// These fields have values.
    #[serde(default)]
    pub set: Vec<String>,
    /// One of these has a value.
    #[serde(default)]
    pub any_set: Vec<String>,
    /// These have none.
    #[serde(default)]
    pub unset: Vec<String>,
    /// These have that value.
    #[serde(default)]
    pub equal: BTreeMap<String, PlainValue>,
    /// These have another value, or none.
    #[serde(default)]
    pub unequal: BTreeMap<String, PlainValue>,
    pub message: String,
}

/// A value in a file of checks.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum PlainValue {
    Boolean(bool),
    Integer(i64),
    Text(String),
}

/// The fields of a record that may say who asks.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthorizationFields {
    pub url: String,
    pub headers: String,
    pub message: String,
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
    /// A URL that has no other scheme than one.
    UrlScheme {
        url: String,
        scheme: String,
        message: String,
    },
    /// A dictionary that the node's workers share, where a field has that value; nothing of `within` may be wrong.
    SharedDictionary {
        within: String,
        name: String,
        used_by: String,
        value: String,
        message: String,
    },
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
            Self::UrlScheme { url, .. } => vec![url],
            Self::SharedDictionary { within, .. } => vec![within],
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
