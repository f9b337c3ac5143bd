use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::dialect::MAX_PAGE_SIZE;

/// A part of a list that one chain of requests reads: the ids after one, up to and including another.
#[derive(Clone, Debug, PartialEq)]
pub struct IdRange {
    /// Where it begins: what the server takes as `offset`.
    pub offset: Option<String>,
    /// Reads on after this id.
    after: u128,
    /// The last id that belongs to it.
    pub last: u128,
    /// How many entities to ask for.
    pub page_size: u16,
    /// How many it was thought to hold when it was cut.
    expected_rows: Option<f64>,
}

/// What a page of a stretch held.
#[derive(Clone, Copy, Debug)]
pub struct PageSummary<'a> {
    /// How many entities.
    pub rows: usize,
    /// The last id.
    pub last_id: Option<Uuid>,
    /// What the server said of the next page.
    pub next_offset: Option<&'a str>,
}

impl IdRange {
    /// The whole list.
    pub fn full() -> Self {
        Self {
            offset: None,
            after: 0,
            last: u128::MAX,
            page_size: MAX_PAGE_SIZE,
            expected_rows: None,
        }
    }

    /// Whether an entity belongs to it.
    pub fn contains(&self, id: Uuid) -> bool {
        id.as_u128() <= self.last
    }

    /// What is left to be read after a page: nothing, the rest as it is, or the rest cut into at most `ways` stretches
    /// of about the same number of entities, judged by how dense the ids of the page were.
    pub fn remaining_ranges(&self, page: PageSummary<'_>, ways: usize) -> Vec<Self> {
        let Some(offset) = page
            .next_offset
            .filter(|offset| Some(*offset) != self.offset.as_deref())
        else {
            return Vec::new();
        };
        let Some(seen) = page.last_id else {
            return vec![self.with_offset(offset)];
        };
        if !self.contains(seen) || seen.as_u128() == self.last {
            return Vec::new();
        }
        if decode_offset(offset) != Some(seen) {
            return vec![self.with_offset(offset)];
        }
        let left = self.estimate_remaining(page.rows, seen);
        let as_thought = self.expected_rows.is_some_and(|expected| left <= 2.0 * expected);
        let ways = if as_thought { 1 } else { ways };
        self.split(seen.as_u128(), left, ways)
    }

    /// About how many entities follow.
    fn estimate_remaining(&self, rows: usize, seen: Uuid) -> f64 {
        let covered = (seen.as_u128() - self.after).max(1) as f64;
        rows as f64 / covered * (self.last - seen.as_u128()) as f64
    }

    fn split(&self, from: u128, left: f64, ways: usize) -> Vec<Self> {
        let pages = (left / f64::from(MAX_PAGE_SIZE)).ceil().max(1.0);
        let parts = pages.min(ways as f64).max(1.0) as u128;
        let width = (self.last - from) / parts;
        let expected = left / parts as f64;
        (0..parts)
            .map(|part| {
                Self::between(
                    from + part * width,
                    if part + 1 == parts {
                        self.last
                    } else {
                        from + (part + 1) * width
                    },
                    expected,
                )
            })
            .collect()
    }

    fn between(after: u128, last: u128, expected: f64) -> Self {
        Self {
            offset: Some(encode_offset(Uuid::from_u128(after))),
            after,
            last,
            page_size: if last == u128::MAX {
                MAX_PAGE_SIZE
            } else {
                page_size_for(expected)
            },
            expected_rows: Some(expected),
        }
    }

    /// The rest as the server pages it, whatever its offsets mean.
    fn with_offset(&self, offset: &str) -> Self {
        Self {
            offset: Some(offset.to_owned()),
            ..self.clone()
        }
    }
}

/// A page size that holds as many entities as are expected, nearly always, and not many more.
fn page_size_for(expected: f64) -> u16 {
    (expected + 3.0 * expected.sqrt() + 8.0).min(f64::from(MAX_PAGE_SIZE)) as u16
}

/// The offset of a page that begins after an id: base64url of a JSON list of the primary key.
fn encode_offset(id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(format!("[\"{id}\"]"))
}

/// The id in an offset, if that is what it is.
fn decode_offset(offset: &str) -> Option<Uuid> {
    let text = URL_SAFE_NO_PAD.decode(offset).ok()?;
    let [id]: [Uuid; 1] = serde_json::from_slice::<[String; 1]>(&text)
        .ok()?
        .map(|id| id.parse().unwrap_or_default());
    (!id.is_nil()).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a list of ids the way a server pages it; says what was read and in how many requests.
    fn read(ids: &[u128], ways: usize) -> (Vec<u128>, usize, usize) {
        let mut todo = vec![IdRange::full()];
        let (mut found, mut requests, mut rows) = (Vec::new(), 0, 0);
        while let Some(stretch) = todo.pop() {
            requests += 1;
            let after = stretch.offset.as_deref().and_then(decode_offset).map(|id| id.as_u128());
            let from = after.map_or(0, |after| ids.partition_point(|id| *id <= after));
            let page = &ids[from..ids.len().min(from + usize::from(stretch.page_size))];
            rows += page.len();
            let last = page.last().map(|id| Uuid::from_u128(*id));
            let more = from + page.len() < ids.len();
            let offset = last.filter(|_| more).map(encode_offset);
            found.extend(page.iter().filter(|id| stretch.contains(Uuid::from_u128(**id))));
            todo.extend(stretch.remaining_ranges(
                PageSummary {
                    rows: page.len(),
                    last_id: last,
                    next_offset: offset.as_deref(),
                },
                ways,
            ));
        }
        found.sort_unstable();
        (found, requests, rows)
    }

    fn random(count: usize) -> Vec<u128> {
        let mut ids: Vec<u128> = (0..count).map(|_| Uuid::new_v4().as_u128()).collect();
        ids.sort_unstable();
        ids
    }

    #[test]
    fn random_ids_are_read_once_each_in_about_as_many_requests_as_pages() {
        let ids = random(20_000);
        let (found, requests, rows) = read(&ids, 10);
        assert!(found == ids, "something is missing or twice");
        assert!(requests <= 32, "{requests} requests");
        assert!(rows < 21_500, "{rows} rows");
    }

    #[test]
    fn ids_that_lie_together_are_read_once_each() {
        let from = Uuid::parse_str("4b1e1c1e-0000-4000-8000-000000000000")
            .unwrap()
            .as_u128();
        let mut ids: Vec<u128> = (0..7_500).map(|at| from + at).collect();
        ids.extend(random(3_000));
        ids.extend([1, 2, 3, u128::MAX - 1, u128::MAX]);
        ids.sort_unstable();
        let (found, requests, _) = read(&ids, 10);
        assert!(found == ids, "something is missing or twice");
        assert!(requests < 120, "{requests} requests");
    }

    #[test]
    fn a_list_of_one_page_is_one_request() {
        let (found, requests, _) = read(&random(1_000), 10);
        assert_eq!((found.len(), requests), (1_000, 1));
    }

    #[test]
    fn offsets_are_the_ones_that_kong_makes() {
        let id = Uuid::parse_str("4b1e1c1e-0000-4000-8000-000000000062").unwrap();
        assert_eq!(
            encode_offset(id),
            "WyI0YjFlMWMxZS0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwNjIiXQ"
        );
        assert_eq!(decode_offset(&encode_offset(id)), Some(id));
        assert_eq!(decode_offset("next-page-please"), None);
    }

    #[test]
    fn offsets_of_an_unknown_form_are_followed_as_they_are() {
        let rest = IdRange::full().remaining_ranges(
            PageSummary {
                rows: 1000,
                last_id: Some(Uuid::new_v4()),
                next_offset: Some("b3BhcXVl"),
            },
            10,
        );
        assert_eq!(rest.len(), 1);
        assert_eq!(rest[0].offset.as_deref(), Some("b3BhcXVl"));
    }
}
