//! Finds out where in a JSON document a byte is, so that a decode error can name the field.
//!
//! serde_json reports the line and column at which reading failed. Walking to that byte once, and
//! only after a failure, costs nothing while all is well; tracking the path while decoding would
//! slow down every response.

/// The path to the value that `line` and `column` (as serde_json counts them) lie in or just behind,
/// such as `access_codes[3].created_at`. Empty for the whole document.
pub(crate) fn path_at(document: &[u8], line: usize, column: usize) -> String {
    path_before(document, offset(document, line, column))
}

/// The path to the value that begins at `offset`; or, where a key begins, to the object that it is in.
pub(crate) fn path_before(document: &[u8], offset: usize) -> String {
    render(&walk(document.get(..offset).unwrap_or(document)))
}

/// The number of bytes before and including `column` of `line`.
pub(crate) fn offset(document: &[u8], line: usize, column: usize) -> usize {
    let line_start = match line {
        0 | 1 => 0,
        _ => document.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(line - 2).map_or(0, |(at, _)| at + 1),
    };
    line_start.saturating_add(column)
}

enum Step<'a> {
    /// Inside an object, at this key if one has been read.
    Key(Option<&'a [u8]>),
    /// Inside a list, at this place.
    Index(usize),
}

/// No more steps than a path can show are kept, so that the memory does not depend on the depth.
fn walk(read: &[u8]) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    // How many levels there are beyond those.
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

/// How many bytes there are before the quote that ends a string.
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

/// How long a path may become, about. Names come from the server, and so does the depth.
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
                // Names come from the server: only what cannot disturb a log is shown.
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
    fn names_the_place_of_each_byte() {
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
