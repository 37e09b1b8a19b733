//! Repairs of JSON that `serde_json` rejects although its structure is intact: a byte order mark, lone surrogates,
//! invalid UTF-8, numbers out of range, and nesting beyond the recursion limit.
//!
//! Used only for documents that failed to parse. A repair takes linear time, and at most 7 times the memory of the
//! document.

use std::borrow::Cow;

/// The maximum number of nested arrays and objects that `serde_json` reads.
pub(crate) const DEEPEST: usize = 127;

/// The maximum number of repairs that are listed.
const MAX_LISTED: usize = 20;

/// A document that was repaired.
#[derive(Debug)]
pub(crate) struct Repaired {
    /// The document with every repair applied.
    pub(crate) body: Vec<u8>,
    /// The first repairs, in the order of the document.
    pub(crate) repairs: Vec<Repair>,
    /// The number of repairs beyond those.
    pub(crate) more: usize,
}

/// One repair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Repair {
    /// The position of the value, or of the key, in the original document.
    pub(crate) offset: usize,
    /// The expected content at that position.
    pub(crate) expected: &'static str,
}

const NO_MARK: &str = "JSON without a byte order mark";
const UNICODE: &str = "valid Unicode";
const IN_RANGE: &str = "a number in the range of a 64-bit float";
const SHALLOW: &str = "at most 127 levels of nesting";

/// Returns the repaired document, or `None` when there is nothing to repair.
///
/// - A byte order mark is removed.
/// - A lone surrogate escape (`\ud83d`) and each invalid UTF-8 sequence become U+FFFD.
/// - A number that overflows a 64-bit float becomes a string of its digits.
/// - A value below level 127 becomes a string of its JSON text.
///
/// Other faults stay as they are, so the result may still not be JSON.
pub(crate) fn repair(body: &[u8]) -> Option<Repaired> {
    let mut output = Output { body, repaired: Vec::new(), copied: 0, repairs: Vec::new(), more: 0 };
    let mut at = 0;
    if body.starts_with(b"\xef\xbb\xbf") {
        output.replace(0, 3, b"");
        output.report(0, NO_MARK);
        at = 3;
    }
    let mut depth: usize = 0;
    while let Some(byte) = body.get(at) {
        at = match byte {
            b'"' => output.string(at),
            b'-' | b'0'..=b'9' => output.number(at),
            b'{' | b'[' if depth == DEEPEST => output.nested(at),
            b'{' | b'[' => {
                depth += 1;
                at + 1
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                at + 1
            }
            _ => at + 1,
        };
    }
    output.finish()
}

/// The repaired document so far.
struct Output<'a> {
    body: &'a [u8],
    repaired: Vec<u8>,
    /// The number of bytes of the original that `repaired` covers.
    copied: usize,
    repairs: Vec<Repair>,
    more: usize,
}

impl Output<'_> {
    /// Returns the original from `start` to `end`, or to its end.
    fn between(&self, start: usize, end: usize) -> &[u8] {
        self.body.get(start..end.min(self.body.len())).unwrap_or_default()
    }

    fn replace(&mut self, start: usize, end: usize, replacement: &[u8]) {
        self.repaired.extend_from_slice(self.body.get(self.copied..start).unwrap_or_default());
        self.repaired.extend_from_slice(replacement);
        self.copied = end;
    }

    fn report(&mut self, offset: usize, expected: &'static str) {
        if self.repairs.len() < MAX_LISTED {
            self.repairs.push(Repair { offset, expected });
        } else {
            self.more += 1;
        }
    }

    /// Repairs the string that starts at `start`, and returns the position after it.
    fn string(&mut self, start: usize) -> usize {
        let mut at = start + 1;
        let mut is_valid = true;
        while let Some(byte) = self.body.get(at) {
            let length = match byte {
                b'"' => break,
                b'\\' => match surrogate(self.between(at, at + 12)) {
                    Some(Surrogate::Pair) => 12,
                    Some(Surrogate::Lone) => {
                        is_valid = false;
                        self.replace(at, at + 6, b"\\ufffd");
                        6
                    }
                    None => 2,
                },
                0x80.. => match first_char(self.between(at, at + 4)) {
                    Ok(length) => length,
                    Err(length) => {
                        is_valid = false;
                        self.replace(at, at + length, "\u{fffd}".as_bytes());
                        length
                    }
                },
                _ => 1,
            };
            at += length;
        }
        if !is_valid {
            self.report(start, UNICODE);
        }
        at + 1
    }

    /// Repairs the number that starts at `start`, and returns the position after it.
    fn number(&mut self, start: usize) -> usize {
        let rest = self.body.get(start..).unwrap_or_default();
        let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
        let length = rest.iter().position(|byte| !is_part(byte)).unwrap_or(rest.len());
        let digits = rest.get(..length).unwrap_or_default();
        // Shorter numbers without an exponent are always in range.
        let may_overflow = length > 300 || digits.iter().any(u8::is_ascii_alphabetic);
        let overflows = || std::str::from_utf8(digits).ok()?.parse().ok().map(f64::is_infinite);
        if may_overflow && is_number(digits) && overflows() == Some(true) {
            let quoted = [b"\"", digits, b"\""].concat();
            self.replace(start, start + length, &quoted);
            self.report(start, IN_RANGE);
        }
        start + length.max(1)
    }

    /// Converts the array or object that starts at `start` to a string, and returns the position after it.
    fn nested(&mut self, start: usize) -> usize {
        // Without its end, the document is not valid JSON anyway.
        let Some(end) = value_end(self.body, start) else { return self.body.len() };
        let text = String::from_utf8_lossy(self.between(start, end));
        if let Ok(quoted) = serde_json::to_vec(&Cow::into_owned(text)) {
            self.replace(start, end, &quoted);
            self.report(start, SHALLOW);
        }
        end
    }

    fn finish(mut self) -> Option<Repaired> {
        if self.repairs.is_empty() {
            return None;
        }
        self.repaired.extend_from_slice(self.body.get(self.copied..).unwrap_or_default());
        Some(Repaired { body: self.repaired, repairs: self.repairs, more: self.more })
    }
}

enum Surrogate {
    /// Two escapes that form one character.
    Pair,
    /// One escape that is not a character.
    Lone,
}

/// Returns the surrogate escape that `text` starts with, if any.
fn surrogate(text: &[u8]) -> Option<Surrogate> {
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix(b"\\u")?;
        let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
        u16::from_str_radix(digits, 16).ok()
    };
    match (unit(0)?, unit(6)) {
        (0xd800..=0xdbff, Some(0xdc00..=0xdfff)) => Some(Surrogate::Pair),
        (0xd800..=0xdfff, _) => Some(Surrogate::Lone),
        _ => None,
    }
}

/// Returns the length of the first character, or of the invalid sequence at the start, of up to four bytes.
fn first_char(bytes: &[u8]) -> Result<usize, usize> {
    let valid = match std::str::from_utf8(bytes) {
        Ok(valid) => valid,
        Err(error) => {
            let valid = bytes.get(..error.valid_up_to()).and_then(|valid| std::str::from_utf8(valid).ok());
            match valid.filter(|valid| !valid.is_empty()) {
                Some(valid) => valid,
                None => return Err(error.error_len().unwrap_or(bytes.len()).max(1)),
            }
        }
    };
    Ok(valid.chars().next().map_or(1, char::len_utf8))
}

/// Returns whether `digits` is a number by the grammar of JSON.
fn is_number(digits: &[u8]) -> bool {
    let skip_digits = |digits: &mut &[u8]| {
        let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        *digits = digits.get(count..).unwrap_or_default();
        count
    };
    let mut rest = digits.strip_prefix(b"-").unwrap_or(digits);
    let has_leading_zero = rest.first() == Some(&b'0');
    let whole = skip_digits(&mut rest);
    if whole == 0 || (has_leading_zero && whole > 1) {
        return false;
    }
    if let Some(fraction) = rest.strip_prefix(b".") {
        rest = fraction;
        if skip_digits(&mut rest) == 0 {
            return false;
        }
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        rest = exponent.strip_prefix(b"-").or(exponent.strip_prefix(b"+")).unwrap_or(exponent);
        if skip_digits(&mut rest) == 0 {
            return false;
        }
    }
    rest.is_empty()
}

/// Returns the position after the array or object that starts at `start`; `None` if it does not end.
pub(crate) fn value_end(document: &[u8], start: usize) -> Option<usize> {
    let mut depth: usize = 0;
    let mut at = start;
    loop {
        match document.get(at)? {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            b'"' => at = string_end(document, at)?,
            _ => {}
        }
        at += 1;
    }
}

/// Returns the position of the quote that ends the string that starts at `start`.
pub(crate) fn string_end(document: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        match document.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    /// Checks the repaired document, and that the original could not be read.
    #[track_caller]
    fn becomes(document: impl AsRef<[u8]>, expected: &Value, repairs: &[(usize, &'static str)]) {
        let document = document.as_ref();
        assert!(serde_json::from_slice::<Value>(document).is_err());
        let repaired = repair(document).unwrap();
        assert_eq!(&serde_json::from_slice::<Value>(&repaired.body).unwrap(), expected);
        let reported: Vec<_> = repaired.repairs.iter().map(|repair| (repair.offset, repair.expected)).collect();
        assert_eq!(reported, repairs);
        assert_eq!(repaired.more, 0);
        assert!(repair(&repaired.body).is_none(), "nothing is left to repair");
    }

    #[test]
    fn a_byte_order_mark_is_removed() {
        becomes("\u{feff}{\"a\":1}", &json!({ "a": 1 }), &[(0, NO_MARK)]);
    }

    #[test]
    fn lone_surrogates_are_replaced() {
        becomes(r#"["Front door \ud83d"]"#, &json!(["Front door \u{fffd}"]), &[(1, UNICODE)]);
        becomes(r#"["\udd12\ud83d\ud83d\udd12\uD83D\n"]"#, &json!(["\u{fffd}\u{fffd}🔒\u{fffd}\n"]), &[(1, UNICODE)]);
        becomes(r#"{"\ud83d":["\\\ud83dx"]}"#, &json!({ "\u{fffd}": ["\\\u{fffd}x"] }), &[(1, UNICODE), (11, UNICODE)]);
    }

    #[test]
    fn invalid_utf_8_is_replaced() {
        for (bytes, count) in
            [(&b"\xff"[..], 1), (b"\xc3", 1), (b"\xed\xa0\x80", 3), (b"\xe2\x82", 1), (b"\xc0\xaf", 2)]
        {
            let document = [b"{\"a\":\"x", bytes, b"\xc3\xa9\"}"].concat();
            becomes(document, &json!({ "a": format!("x{}é", "\u{fffd}".repeat(count)) }), &[(5, UNICODE)]);
        }
    }

    #[test]
    fn deep_values_become_strings() {
        let deep = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        assert!(serde_json::from_str::<Value>(&deep(DEEPEST)).is_ok());
        assert!(repair(deep(DEEPEST).as_bytes()).is_none());
        let mut expected = json!(deep(373));
        for _ in 0..DEEPEST {
            expected = json!([expected]);
        }
        becomes(deep(500), &expected, &[(DEEPEST, SHALLOW)]);

        let document = format!("{{\"a\":{},\"b\":2}}", "{\"x\":\"\\\"]\",\n\"y\":[".repeat(200) + &"]}".repeat(200));
        let repaired = repair(document.as_bytes()).unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&repaired.body).unwrap()["b"], 2);
        assert!(repair(&document.as_bytes()[..document.len() / 2]).is_none(), "it is not JSON");
    }

    #[test]
    fn what_is_not_json_stays_so() {
        for document in
            ["", "{'a':1}", "[1e]", "[01e999]", "[-e999]", "[\"a\nb\"]", "{\"a\":1", "\"\\", "\"\\u", "\"\\ud83"]
        {
            assert!(repair(document.as_bytes()).is_none(), "{document}");
        }
    }

    #[test]
    fn many_repairs_are_counted() {
        let repaired = repair(format!("[{}0]", "\"\\ud83d\",".repeat(100)).as_bytes()).unwrap();
        assert_eq!((repaired.repairs.len(), repaired.more), (MAX_LISTED, 80));
    }

    proptest! {
        #[test]
        fn numbers_out_of_range_become_strings(number in "-?[1-9][0-9]{0,500}(\\.[0-9]{1,5})?([eE][+-]?[0-9]{1,4})?") {
            let document = format!("{{\"a\":[{number}]}}");
            let is_in_range = number.parse::<f64>().unwrap().is_finite();
            match repair(document.as_bytes()) {
                None => prop_assert!(is_in_range, "{number}"),
                Some(repaired) => {
                    prop_assert!(!is_in_range, "{number}");
                    prop_assert_eq!(serde_json::from_slice::<Value>(&repaired.body).unwrap(), json!({ "a": [number] }));
                }
            }
        }

        #[test]
        fn no_input_panics_or_exceeds_the_size_limit(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Some(repaired) = repair(&bytes) {
                prop_assert!(repaired.body.len() <= 7 * bytes.len());
            }
        }

        #[test]
        fn text_with_random_damage_is_json_again(text in "[a-z\\\\\" é🔒]{0,20}", bytes in prop::collection::vec(0x80_u8.., 1..4)) {
            let quoted = serde_json::to_string(&text).unwrap();
            let inner = quoted.strip_suffix('"').unwrap();
            let document = [b"[", inner.as_bytes(), &bytes, b"\\ud800\"]"].concat();
            let items: Vec<String> = serde_json::from_slice(&repair(&document).unwrap().body).unwrap();
            prop_assert!(items[0].starts_with(&text));
        }
    }
}
