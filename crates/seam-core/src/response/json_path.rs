//! Determines the JSON path of a byte in a document, so that a decode error can name the field.
//!
//! serde_json reports the line and column of an error. The document is scanned up to that byte only after a failure;
//! tracking the path while decoding would slow down every response.

/// Returns the path to the value at or just before `line` and `column`, as serde_json counts them, such as
/// `access_codes[3].created_at`. Empty for the whole document.
pub(crate) fn path_at(document: &[u8], line: usize, column: usize) -> String {
    path_before(document, offset(document, line, column))
}

/// Returns the path to the value that begins at `offset` or, if a key begins there, to its object.
pub(crate) fn path_before(document: &[u8], offset: usize) -> String {
    render(&walk(document.get(..offset).unwrap_or(document)))
}

/// Returns the number of bytes up to and including `column` of `line`.
pub(crate) fn offset(document: &[u8], line: usize, column: usize) -> usize {
    let line_start = match line {
        0 | 1 => 0,
        _ => document.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(line - 2).map_or(0, |(at, _)| at + 1),
    };
    line_start.saturating_add(column)
}

enum Step<'a> {
    /// In an object, at this key if one has been read.
    Key(Option<&'a [u8]>),
    /// In a list, at this index.
    Index(usize),
}

/// Returns the steps to the end of `read`, at most as many as a path can contain, so that the memory does not depend on
/// the depth.
fn walk(read: &[u8]) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    // The number of further levels.
    let mut deeper = 0_usize;
    let mut rest = read;
    while let [byte, after @ ..] = rest {
        rest = after;
        match byte {
            b'{' | b'[' if steps.len() >= MAX_PATH => deeper += 1,
            b'{' => steps.push(Step::Key(None)),
            b'[' => steps.push(Step::Index(0)),
            b'}' | b']' if deeper > 0 => deeper -= 1,
            b'}' | b']' => {
                steps.pop();
            }
            b',' if deeper > 0 => {}
            b',' => match steps.last_mut() {
                Some(Step::Key(key)) => *key = None,
                Some(Step::Index(index)) => *index += 1,
                None => {}
            },
            b'"' => {
                let length = string_length(rest);
                let (text, behind) = rest.split_at(length);
                if let Some(Step::Key(key @ None)) = steps.last_mut() {
                    *key = Some(text);
                }
                rest = behind.get(1..).unwrap_or_default();
            }
            _ => {}
        }
    }
    steps
}

/// Returns the number of bytes before the quote that ends a string.
fn string_length(text: &[u8]) -> usize {
    let mut escaped = false;
    text.iter()
        .position(|byte| {
            let ends = *byte == b'"' && !escaped;
            escaped = *byte == b'\\' && !escaped;
            ends
        })
        .unwrap_or(text.len())
}

/// The approximate maximum length of a path, whose names and depth the server determines.
const MAX_PATH: usize = 300;

fn render(steps: &[Step<'_>]) -> String {
    let mut path = String::new();
    for step in steps {
        if path.len() >= MAX_PATH {
            path.push_str("...");
            break;
        }
        match step {
            Step::Key(None) => {}
            Step::Key(Some(key)) => {
                if !path.is_empty() {
                    path.push('.');
                }
                // Names come from the server, so only characters that are safe in logs are kept.
                path.extend(key.iter().take(MAX_PATH).map(|byte| match byte {
                    b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' => char::from(*byte),
                    _ => '?',
                }));
            }
            Step::Index(index) => path.push_str(&format!("[{index}]")),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::path_at;

    #[test]
    fn a_byte_has_the_path_of_its_value() {
        let document = "{\n \"a\": {\"b\": [1, {\"c\\\"\": \"x,}\\\"\"}]}}";
        assert_eq!(path_at(document.as_bytes(), 1, 1), "");
        assert_eq!(path_at(document.as_bytes(), 2, 5), "a");
        assert_eq!(path_at(document.as_bytes(), 2, 14), "a.b[0]");
        assert_eq!(path_at(document.as_bytes(), 2, 29), "a.b[1].c??");
        assert_eq!(path_at(document.as_bytes(), 9, 99), "");
    }

    #[test]
    fn a_path_is_never_long() {
        for document in ["{\"a\":".repeat(100_000), "[".repeat(100_000), format!("{{\"{}\":[", "a".repeat(100_000))] {
            let path = path_at(document.as_bytes(), 1, document.len());
            assert!((100..620).contains(&path.len()), "{}", path.len());
        }
    }
}
