//! Redacts strings from a server for logs: bounded, without control characters, and without the secrets of the request.
//!
//! Every string from a server passes [`Redactor::print`] before it is printed. It reads only the first few kilobytes,
//! so that its cost does not depend on the size of a response.
//!
//! A secret is found verbatim, in another letter case, and as encoded in a URL, a form, JSON, the output of Rust's
//! `Debug`, the path of a decode error, or base64. A long secret is also found by its first or last [`PIECE`]
//! characters.

use std::{collections::HashMap, hash::Hash, ops::Range};

use seam_model::Token;

/// The maximum printed length of one string from a server, in bytes.
pub(crate) const MAX_PRINTED: usize = 2048;

/// The maximum printed length of a name or an id, in bytes.
pub(crate) const MAX_NAME: usize = 200;

/// The number of bytes after the last printed one that are searched for secrets, so that none is printed in part. A
/// secret of less than [`LONG`] characters has at most twelve bytes per character; a longer one is found by its
/// beginning.
const LOOKAHEAD: usize = 512;

/// The minimum length of a secret that is also found by a piece of it, in characters.
const LONG: usize = 16;

/// The length of such a piece, at the beginning or end of a secret.
const PIECE: usize = 8;

/// The minimum length of a secret that is replaced within a word. Shorter ones occur in words by chance, and are
/// replaced only as whole words.
const SHORT: usize = 4;

const MASK: &str = "***";

/// The secrets of one request, which are replaced in strings of its response.
#[derive(Debug, Default)]
pub(crate) struct Redactor(Vec<Token>);

impl Redactor {
    pub(crate) fn add(&mut self, secret: Token) {
        if !self.0.contains(&secret) {
            self.0.push(secret);
        }
    }

    /// Adds the secrets of another request.
    pub(crate) fn add_all(&mut self, other: &Self) {
        other.0.iter().for_each(|secret| self.add(secret.clone()));
    }

    /// Returns at most [`MAX_PRINTED`] bytes of `text`: secrets replaced by `***`, and control, format and separator
    /// characters escaped as in a Rust string.
    pub(crate) fn print(&self, text: &str) -> String {
        self.print_within(MAX_PRINTED, text)
    }

    /// Prints `text` like [`print`](Self::print), with at most `limit` bytes, which must be at least 40.
    pub(crate) fn print_within(&self, limit: usize, text: &str) -> String {
        let window = prefix(text, limit + LOOKAHEAD);
        let is_secret = self.find(window, |_| true);
        let mut printed = String::new();
        let mut is_cut = window.len() < text.len();
        for (c, span) in replaced(window, &is_secret) {
            let length = printed.len();
            match c {
                None => printed.push_str(MASK),
                Some(c) if is_invisible(c) => printed.extend(c.escape_default()),
                Some(c) => printed.push(c),
            }
            if printed.len() > limit || span.start >= limit {
                printed.truncate(length);
                is_cut = true;
                break;
            }
        }
        if is_cut {
            let omission = format!("... ({} bytes)", text.len());
            printed.truncate(prefix(&printed, limit.saturating_sub(omission.len())).len());
            printed.push_str(&omission);
        }
        printed
    }

    /// Prints the name of an error or a parameter, which programs compare. A name in Seam's notation is changed only by
    /// long secrets: a PIN of letters may be a word in it.
    pub(crate) fn print_name(&self, name: &str) -> String {
        let is_name = name.len() <= MAX_NAME && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        if is_name && !self.find(name, |secret| secret.len() > 12).contains(&true) {
            name.to_owned()
        } else {
            self.print_within(MAX_NAME, name)
        }
    }

    /// Replaces the secrets in a string of the caller, of any length.
    pub(crate) fn mask(&self, text: &str) -> String {
        self.patterns(|_| true).mask(text)
    }

    fn find(&self, text: &str, is_wanted: impl Fn(&str) -> bool) -> Vec<bool> {
        self.patterns(is_wanted).find(text)
    }

    fn patterns(&self, is_wanted: impl Fn(&str) -> bool) -> Patterns {
        let mut patterns = Patterns::default();
        self.secrets().filter(|secret| is_wanted(secret)).for_each(|secret| patterns.add(secret));
        patterns
    }

    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(Token::expose_secret)
    }
}

/// Search patterns of secrets, indexed by their first characters so that the cost of a search does not depend on their
/// number.
#[derive(Default)]
pub(crate) struct Patterns {
    patterns: Vec<Pattern>,
    /// The heads and the tails of the patterns.
    pieces: Index<char, (usize, Piece)>,
    /// The pieces that identify a secret in base64.
    forms: Index<u8, Vec<u8>>,
}

/// A part of a pattern that identifies it.
#[derive(Clone, Copy)]
enum Piece {
    Head,
    Tail,
}

impl Patterns {
    pub(crate) fn add(&mut self, secret: &str) {
        for pattern in Pattern::all(secret) {
            let number = self.patterns.len();
            self.pieces.add(pattern.head(), (number, Piece::Head));
            self.pieces.add(pattern.tail(), (number, Piece::Tail));
            for form in &pattern.forms {
                self.forms.add(form, form.clone());
            }
            self.patterns.push(pattern);
        }
    }

    /// Replaces the secrets in a string of any length.
    pub(crate) fn mask(&self, text: &str) -> String {
        replaced(text, &self.find(text)).fold(String::with_capacity(text.len()), |mut masked, (c, _)| {
            match c {
                Some(c) => masked.push(c),
                None => masked.push_str(MASK),
            }
            masked
        })
    }

    /// Marks the bytes of `text` that belong to a secret.
    fn find(&self, text: &str) -> Vec<bool> {
        let mut is_secret = vec![false; text.len()];
        for view in views(text) {
            let letters: Vec<char> = view.iter().map(|(c, _)| fold(*c)).collect();
            let mut mark = |found: Range<usize>| {
                let start = view.get(found.start).map_or(0, |(_, span)| span.start);
                let end = view.get(found.end - 1).map_or(0, |(_, span)| span.end);
                is_secret.get_mut(start..end).into_iter().flatten().for_each(|byte| *byte = true);
            };
            for start in 0..letters.len() {
                for (number, piece) in self.pieces.at(letters.get(start..).unwrap_or_default()) {
                    let pattern = self.patterns.get(*number);
                    let found = pattern.and_then(|pattern| match piece {
                        Piece::Head => pattern.found_by_head(&letters, start),
                        Piece::Tail => pattern.found_by_tail(&letters, start),
                    });
                    found.into_iter().for_each(&mut mark);
                }
            }
            self.find_base64(&view, &mut mark);
        }
        is_secret
    }

    /// Calls `mark` with each run of base64 that contains a piece of a secret at any offset.
    fn find_base64(&self, view: &View, mark: &mut impl FnMut(Range<usize>)) {
        let mut start = 0;
        for run in view.split(|(c, _)| sextet(*c).is_none()) {
            let end = start + run.len();
            // A run of hexadecimal digits, such as an id of Seam, is not base64.
            let is_id = run.iter().all(|(c, _)| matches!(c, '0'..='9' | 'a'..='f' | '-'));
            let sextets: Vec<u8> = run.iter().filter_map(|(c, _)| sextet(*c)).collect();
            let is_form = |start: usize| {
                let rest = sextets.get(start..).unwrap_or_default();
                self.forms.at(rest).any(|form| begins_with(rest, form))
            };
            if !is_id && (0..sextets.len()).any(is_form) {
                mark(start..end);
            }
            start = end + 1;
        }
    }
}

/// An index of patterns by their first [`KEY`] units, or by all units of a shorter pattern.
struct Index<K, V> {
    entries: HashMap<Box<[K]>, Vec<V>>,
    /// The lengths of the keys, in order.
    lengths: Vec<usize>,
}

/// The length of a key.
const KEY: usize = 4;

impl<K, V> Default for Index<K, V> {
    fn default() -> Self {
        Self { entries: HashMap::new(), lengths: Vec::new() }
    }
}

impl<K: Copy + Eq + Hash, V> Index<K, V> {
    fn add(&mut self, wanted: &[K], value: V) {
        let key = wanted.get(..KEY).unwrap_or(wanted);
        if !key.is_empty() {
            if let Err(index) = self.lengths.binary_search(&key.len()) {
                self.lengths.insert(index, key.len());
            }
            self.entries.entry(key.into()).or_default().push(value);
        }
    }

    /// Returns the patterns that may match at the start of `text`.
    fn at<'a>(&'a self, text: &'a [K]) -> impl Iterator<Item = &'a V> {
        let entries = self.lengths.iter().filter_map(|length| self.entries.get(text.get(..*length)?));
        entries.flatten()
    }
}

/// Returns the characters of `text` and their ranges; `None` for each run of bytes that belongs to a secret.
fn replaced<'a>(text: &'a str, is_secret: &'a [bool]) -> impl Iterator<Item = (Option<char>, Range<usize>)> + 'a {
    let is_secret = |at: usize| is_secret.get(at).copied().unwrap_or_default();
    text.char_indices().filter_map(move |(at, c)| {
        let span = at..at + c.len_utf8();
        match is_secret(at) {
            false => Some((Some(c), span)),
            true if at == 0 || !is_secret(at - 1) => Some((None, span)),
            true => None,
        }
    })
}

/// Returns the longest prefix of `text` with at most `length` bytes.
pub(crate) fn prefix(text: &str, length: usize) -> &str {
    if text.len() <= length {
        return text;
    }
    (0..=length).rev().find_map(|length| text.get(..length)).unwrap_or_default()
}

/// Returns whether a character is invisible or changes how others are rendered: control characters, line and paragraph
/// separators, directional marks and overrides, and zero-width characters.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Folds the case of a letter.
fn fold(c: char) -> char {
    let mut lower = c.to_lowercase();
    lower.next().filter(|_| lower.next().is_none()).unwrap_or(c)
}

/// The public prefixes of credentials, which are not secret.
const PUBLIC: [&str; 5] = ["seam_at", "seam_cst", "seam_pk", "seam_", "ey"];

/// The search pattern of a secret, with folded case.
struct Pattern {
    letters: Vec<char>,
    /// The number of letters at the beginning that identify it: all of them unless it is long.
    head: usize,
    /// The base64 of its identifying pieces, for each bit offset.
    forms: Vec<Vec<u8>>,
}

impl Pattern {
    /// Returns the patterns of the secret verbatim, and as the path of a decode error renders it.
    fn all(secret: &str) -> impl Iterator<Item = Self> {
        let shown = Some(as_in_path(secret)).filter(|shown| shown != secret && shown.bytes().any(|byte| byte != b'?'));
        [Some(Self::new(secret)), shown.map(|shown| Self::new(&shown))].into_iter().flatten()
    }

    fn new(secret: &str) -> Self {
        let letters: Vec<char> = secret.chars().filter(|c| !is_invisible(*c)).map(fold).collect();
        let bytes = secret.as_bytes();
        if letters.len() < LONG {
            return Self { head: letters.len(), letters, forms: forms(bytes).collect() };
        }
        let public = PUBLIC.iter().find(|public| secret.starts_with(**public)).map_or(0, |public| public.len());
        let head = PIECE.max(public + 1);
        let (first, last) = (bytes.get(..head), bytes.get(bytes.len() - PIECE..));
        Self { letters, head, forms: [first, last].into_iter().flatten().flat_map(forms).collect() }
    }

    /// Returns the letters at the beginning that identify the secret.
    fn head(&self) -> &[char] {
        self.letters.get(..self.head).unwrap_or_default()
    }

    /// Returns the letters at the end that identify the secret, if it is long.
    fn tail(&self) -> &[char] {
        let start = if self.head == self.letters.len() { self.head } else { self.letters.len() - PIECE };
        self.letters.get(start..).unwrap_or_default()
    }

    /// Returns the range of the secret, or of its first letters, if they begin at `start`.
    fn found_by_head(&self, text: &[char], start: usize) -> Option<Range<usize>> {
        let rest = text.get(start..).filter(|rest| begins_with(rest, self.head()))?;
        let more = rest.iter().zip(&self.letters).skip(self.head);
        let end = start + self.head + more.take_while(|(a, b)| step(a == b)).count();
        let is_part = |c: Option<&char>| c.is_some_and(|c| c.is_alphanumeric() || *c == '_');
        let is_inside = is_part(start.checked_sub(1).and_then(|at| text.get(at))) || is_part(text.get(end));
        (self.letters.len() >= SHORT || !is_inside).then_some(start..end)
    }

    /// Returns the range of the secret, or of its last letters, if its tail begins at `start`.
    fn found_by_tail(&self, text: &[char], start: usize) -> Option<Range<usize>> {
        let tail = self.tail();
        let before = self.letters.get(..self.letters.len() - tail.len())?;
        text.get(start..).filter(|rest| begins_with(rest, tail))?;
        let more = text.get(..start).unwrap_or_default().iter().rev().zip(before.iter().rev());
        Some(start - more.take_while(|(a, b)| step(a == b)).count()..start + tail.len())
    }
}

/// Returns whether `text` begins with `wanted`.
fn begins_with<T: PartialEq>(text: &[T], wanted: &[T]) -> bool {
    text.len() >= wanted.len() && text.iter().zip(wanted).all(|(a, b)| step(a == b))
}

/// Returns a secret as the path of a decode error renders it: `?` for each byte that is replaced, and for a backslash
/// before it.
fn as_in_path(secret: &str) -> String {
    let mut shown = String::with_capacity(secret.len());
    for c in secret.chars() {
        match c {
            '_' | '-' => shown.push(c),
            _ if c.is_ascii_alphanumeric() => shown.push(c),
            '"' | '\\' => shown.push_str("??"),
            _ => shown.extend(std::iter::repeat_n('?', c.len_utf8())),
        }
    }
    shown
}

/// A decoded character, with the range of its encoding.
type Letter = (char, Range<usize>);

/// One decoding of a string.
type View = Vec<Letter>;

/// Returns the string verbatim, with escapes of URLs decoded, with escapes of JSON and Rust decoded, and with both
/// decoded in either order.
fn views(text: &str) -> Vec<View> {
    let plain: View = text.char_indices().map(|(at, c)| (c, at..at + c.len_utf8())).collect();
    let mut views = Vec::new();
    if let Some(url) = decoded(&plain, url_escape) {
        views.extend(decoded(&url, backslash_escape));
        views.push(url);
    }
    if let Some(backslash) = decoded(&plain, backslash_escape) {
        views.extend(decoded(&backslash, url_escape));
        views.push(backslash);
    }
    views.push(plain);
    views.iter_mut().for_each(|view| view.retain(|(c, _)| !is_invisible(*c)));
    views
}

/// Decodes each escape. `read` returns the character of an escape at the start of its argument, and the length of the
/// escape. `None` if there is no escape.
fn decoded(view: &View, read: fn(&[Letter]) -> Option<(char, usize)>) -> Option<View> {
    let mut decoded = Vec::with_capacity(view.len());
    let mut rest = view.as_slice();
    let mut has_escapes = false;
    while let Some((first, span)) = rest.first() {
        step(true);
        let escape = read(rest).filter(|(_, length)| *length > 0);
        has_escapes |= escape.is_some();
        let (c, length) = escape.unwrap_or((*first, 1));
        let end = rest.get(length - 1).map_or(span.end, |(_, last)| last.end);
        decoded.push((c, span.start..end));
        rest = rest.get(length..).unwrap_or_default();
    }
    has_escapes.then_some(decoded)
}

/// Returns the value of the hexadecimal digits in a range of `text`.
fn hexadecimal(text: &[Letter], digits: Range<usize>) -> Option<u32> {
    let digits = text.get(digits).filter(|digits| !digits.is_empty())?;
    digits.iter().try_fold(0, |value: u32, (c, _)| Some(value.checked_mul(16)? + c.to_digit(16)?))
}

/// Decodes `%2F`, and `+` as a space.
fn url_escape(text: &[Letter]) -> Option<(char, usize)> {
    let byte = |index: usize| {
        let (percent, _) = text.get(index * 3)?;
        let byte = hexadecimal(text, index * 3 + 1..index * 3 + 3)?;
        u8::try_from(byte).ok().filter(|_| *percent == '%')
    };
    if text.first()?.0 == '+' {
        return Some((' ', 1));
    }
    let length = match byte(0)? {
        ..0x80 => 1,
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    };
    let bytes: Vec<u8> = (0..length).map_while(byte).collect();
    let c = std::str::from_utf8(&bytes).ok()?.chars().next()?;
    Some((c, bytes.len() * 3))
}

/// Decodes `\u00e9`, `\u{e9}`, `\n`, and a backslash before a character that is neither a letter nor a digit.
fn backslash_escape(text: &[Letter]) -> Option<(char, usize)> {
    let at = |index: usize| text.get(index).map(|(c, _)| *c);
    if at(0)? != '\\' {
        return None;
    }
    match at(1)? {
        'u' if at(2) == Some('{') => {
            let digits = (0..=6).take_while(|digit| at(3 + digit).is_some_and(|c| c.is_ascii_hexdigit())).count();
            let c = char::from_u32(hexadecimal(text, 3..3 + digits)?)?;
            (at(3 + digits) == Some('}')).then_some((c, digits + 4))
        }
        'u' => {
            let unit = |start: usize| u16::try_from(hexadecimal(text, start + 2..start + 6)?).ok();
            let low = Some(unit(6)).filter(|_| at(6) == Some('\\') && at(7) == Some('u')).flatten();
            let c = char::decode_utf16([Some(unit(0)?), low].into_iter().flatten()).next()?.ok()?;
            Some((c, c.len_utf16() * 6))
        }
        'n' => Some(('\n', 2)),
        'r' => Some(('\r', 2)),
        't' => Some(('\t', 2)),
        c if !c.is_alphanumeric() => Some((c, 2)),
        _ => None,
    }
}

/// Returns the base64 of a secret or a piece of it, for each bit offset.
fn forms(piece: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    [0, 4, 2].into_iter().map(|skipped| sextets_of(piece, skipped)).filter(|form| form.len() >= 4)
}

/// Returns the base64 units of six bits that `bytes` determines, beginning after `skipped` bits.
fn sextets_of(bytes: &[u8], skipped: usize) -> Vec<u8> {
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
    let starts = (skipped..).step_by(6).take_while(|start| start + 6 <= bytes.len() * 8);
    starts.map(|start| (start..start + 6).fold(0, |sextet, at| sextet << 1 | bit(at))).collect()
}

/// Returns the six bits of a letter of base64, in the standard or the URL-safe alphabet.
fn sextet(letter: char) -> Option<u8> {
    let letter = u8::try_from(letter).ok()?;
    match letter {
        b'A'..=b'Z' => Some(letter - b'A'),
        b'a'..=b'z' => Some(letter - b'a' + 26),
        b'0'..=b'9' => Some(letter - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

/// Counts one step of a search in the tests of this file, and returns `is_equal`.
fn step(is_equal: bool) -> bool {
    #[cfg(test)]
    tests::STEPS.set(tests::STEPS.get() + 1);
    is_equal
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::{MAX_PRINTED, Redactor};

    thread_local! {
        pub(super) static STEPS: Cell<u64> = const { Cell::new(0) };
    }

    fn redactor<const N: usize>(secrets: [&str; N]) -> Redactor {
        let mut redactor = Redactor::default();
        secrets.into_iter().for_each(|secret| redactor.add(secret.into()));
        redactor
    }

    fn print(text: &str, secret: &str) -> String {
        redactor([secret]).print(text)
    }

    #[test]
    fn a_secret_is_hidden_in_every_form() {
        let secret = "P\"7/é\\ 🔒";
        for quoted in [
            "P\"7/é\\ 🔒",
            "p\"7/É\\ 🔒",
            r#"P\"7/é\\ 🔒"#,
            r#"P\"7\/\u00e9\\ \uD83D\uDD12"#,
            r#"\u0050\u0022\u0037\u002F\u00E9\u005c\u0020\ud83d\udd12"#,
            r#"P\"7/\u{e9}\\ \u{1f512}"#,
            "P%227%2F%C3%A9%5C%20%F0%9F%94%92",
            "P%227/%c3%a9%5c+%f0%9f%94%92",
            r#"P\u00227%2f%c3%a9%5c+%f0%9f%94%92"#,
            "%50\u{200b}\"7/é\u{202e}\\ 🔒",
            "P??7??????????",
            "UCI3L8OpXCDwn5SS",
            "eHhQIjcvw6lcIPCflJI=",
        ] {
            let hidden = print(&format!("a {quoted}, b"), secret);
            assert!(hidden.starts_with("a ***") && hidden.ends_with(", b"), "{quoted}: {hidden}");
            assert!(!hidden.contains(['P', '7', '%', '\\']), "{quoted}: {hidden}");
        }
        assert_eq!(print("198819881988 x1988y", "1988"), "*** x***y");
        assert_eq!(print("Basic MTk4OA== MTk4OHh4", "1988"), "Basic ***== ***");
        assert_eq!(print("%31988", "1988"), "***");
        assert_eq!(print("12 is 123, or 12%2099", "12"), "*** is 123, or ***%2099");
    }

    #[test]
    fn a_piece_of_a_long_secret_is_hidden() {
        let key = "seam_test2bMS_94SrGUXuNR2JmJkjtvBQDg5c";
        for piece in [
            "seam_tes",
            "seam_test2bMS",
            "jtvBQDg5",
            "tvBQDg5c",
            "GUXuNR2JmJkjtvBQDg5c",
            "SEAM_TEST2BMS_94SRGU",
            "TVBQDG5C",
            "c2VhbV90ZXN0",
            "dHZCUURnNWM=",
            "seam\\u005ftest",
        ] {
            let is_end = piece == "jtvBQDg5";
            let hidden = print(&format!("a {piece} b"), key);
            assert_eq!(hidden == "a *** b" || hidden == "a ***= b", !is_end, "{hidden}");
        }
        // The common prefix of all keys is not secret.
        for text in ["seam_", "a seam_cst b", "seam_cs"] {
            assert_eq!(print(text, "seam_cst1bMS_94SrGUXuNR2JmJkjtvBQDg5c"), text);
        }
        assert_eq!(print("seam_cst1", "seam_cst1bMS_94SrGUXuNR2JmJkjtvBQDg5c"), "***");
    }

    #[test]
    fn other_strings_are_unchanged() {
        for text in
            ["", "%", "%1", "\\", "\\u", "\\u00", "\\u{", "\\u{zz}", "+", "???", "MTk4", "1 988", "%31988x\u{e9}"]
        {
            let secret = "secret-of-some-length";
            assert_eq!(print(text, secret), text);
        }
        let id = "bf6643a3-0c47-4f3c-ac96-43cc3bea0a8d";
        assert_eq!(print(id, "1988"), id);
    }

    #[test]
    fn a_secret_at_the_truncation_limit_is_hidden() {
        let escaped: String =
            "seam_key_of_some_length".chars().map(|c| format!("\\u{{{:06x}}}", u32::from(c))).collect();
        let pin: String = "84219".bytes().map(|byte| format!("%{byte:02x}")).collect();
        for (quoted, secret) in [
            ("seam_key_of_some_length", "seam_key_of_some_length"),
            (&escaped, "seam_key_of_some_length"),
            ("84219", "84219"),
            (&pin, "84219"),
            ("ODQyMTk", "84219"),
        ] {
            for shift in 0..=quoted.len() + 40 {
                let text = format!("{}{quoted}{}", " ".repeat(MAX_PRINTED - 40 + 40 - shift), "-".repeat(5000));
                let printed = print(&text, secret);
                assert!(printed.len() <= MAX_PRINTED, "{}", printed.len());
                let shown = printed.trim_start();
                let is_masked = ["", "*", "**", "***", "..."].iter().any(|start| {
                    shown.strip_prefix(start).is_some_and(|rest| rest.trim_start_matches('-').starts_with("... ("))
                });
                assert!(is_masked, "{shift}: {shown}");
            }
        }
    }

    #[test]
    fn the_work_is_linear_and_bounded() {
        let key = "seam_test2bMS_94SrGUXuNR2JmJkjtvBQDg5c";
        let pins: Vec<String> = (0..20).map(|pin| format!("{}", 1000 + pin * 7)).collect();
        let mut redactor = redactor([key, "P\"7/é\\ 🔒", "aaaaaaaa", "aaaaaaaaaaaaaaaaaaaaaaaa", "12"]);
        pins.iter().for_each(|pin| redactor.add(pin.into()));
        let fillers = [
            r"\u{",
            r"\u{1",
            r"\u{0000000000",
            r"\u",
            r"\u00",
            r"\ud83d",
            r"\",
            r"\\",
            "%",
            "%4",
            "%41",
            "%e2%80",
            "+",
            "?",
            "a",
            "A",
            "é",
            "MTk4",
            "c2VhbV90ZXN",
            "_-",
            "seam_",
            "seam_tes",
            "seam_test2bMS_94SrGUXuNR2JmJkjtvBQDg5",
            "\u{202e}",
            "\0",
            "\n",
            "12",
            "100",
            " ",
            "🔒",
            r"\u0061",
            r"\u{61}",
        ];
        let steps = |work: &dyn Fn()| {
            STEPS.set(0);
            work();
            STEPS.get()
        };
        for filler in fillers {
            let text = |length: usize| filler.repeat(length / filler.len() + 1);
            let mask = |length| steps(&|| drop(redactor.mask(&text(length))));
            let (once, twice) = (mask(4096), mask(8192));
            assert!(twice <= 3 * once, "{filler}: {once} steps, and {twice} for twice the length");
            let print = |length| steps(&|| drop(redactor.print(&text(length))));
            let (short, long) = (print(MAX_PRINTED * 2), print(1 << 20));
            assert!(long <= short * 11 / 10, "{filler}: {short} steps, and {long} for 1 MiB");
            assert!(long < 3_000_000, "{filler}: {long} steps");
        }
    }

    #[test]
    fn printed_strings_are_bounded_and_visible() {
        let forged = "\n2026-11-27 INFO door unlocked\r\t\0\u{1b}[31m\u{202e}\u{2066}\u{2028}\u{85}\u{feff}";
        let printed = print(forged, "1988");
        assert_eq!(
            printed,
            r"\n2026-11-27 INFO door unlocked\r\t\u{0}\u{1b}[31m\u{202e}\u{2066}\u{2028}\u{85}\u{feff}"
        );
        for filler in ["x", "\n", "\u{202e}", "é", "🔒", "1988 ", "1988"] {
            for length in [1, 100, MAX_PRINTED, MAX_PRINTED * 2, 1 << 20] {
                let text: String = filler.chars().cycle().take(length).collect();
                let printed = print(&text, "1988");
                assert!(printed.len() <= MAX_PRINTED, "{filler}: {}", printed.len());
                let omission = format!("... ({} bytes)", text.len());
                assert!(text.len() <= MAX_PRINTED || printed.ends_with(&omission), "{filler}: {printed}");
                assert!(length > 100 || !printed.ends_with(&omission), "{filler}: {printed}");
            }
        }
        let text = "x".repeat(MAX_PRINTED);
        assert_eq!(print(&text, "1988"), text);
    }
}
