use std::time::SystemTime;

use reqwest::header::{DATE, HeaderMap, HeaderValue, RETRY_AFTER};

/// The longest wait that is returned: longer than anybody waits, and short enough to add to a time.
const MAX_SECONDS: u64 = 1 << 32;

/// How many seconds `Retry-After` asks to wait (RFC 9110, 10.2.3): a number of seconds, or until a date. A date is compared
/// with the server's own clock if the response bears it, else with ours; one that is past is 0.
pub fn parse_retry_after(headers: &HeaderMap) -> Option<u64> {
    let text = |name| headers.get(name).map(HeaderValue::to_str)?.ok().map(str::trim);
    let value = text(RETRY_AFTER)?;
    let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    if is_number {
        return Some(value.parse().unwrap_or(MAX_SECONDS).min(MAX_SECONDS));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let now = text(DATE).and_then(|date| httpdate::parse_http_date(date).ok());
    let left = until.duration_since(now.unwrap_or_else(SystemTime::now));
    Some(left.map_or(0, |left| left.as_secs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_a_number_of_seconds_or_lasts_until_a_date() {
        let now = "Fri, 20 Nov 2026 10:00:00 GMT";
        for (value, date, seconds) in [
            ("7", None, Some(7)),
            ("Fri, 20 Nov 2026 10:00:30 GMT", Some(now), Some(30)),
            ("Friday, 20-Nov-26 10:00:30 GMT", Some(now), Some(30)),
            ("Fri, 20 Nov 2026 09:59:30 GMT", Some(now), Some(0)),
            ("Thu, 01 Jan 1970 00:00:00 GMT", None, Some(0)),
            ("soon", Some(now), None),
            ("-1", None, None),
            ("+1", None, None),
            ("", None, None),
            ("18446744073709551615", None, Some(MAX_SECONDS)),
            ("99999999999999999999", None, Some(MAX_SECONDS)),
        ] {
            let mut headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(value))]);
            headers.extend(date.map(|date| (DATE, HeaderValue::from_static(date))));
            assert_eq!(parse_retry_after(&headers), seconds, "{value}");
        }
    }
}
