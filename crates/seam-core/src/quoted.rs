//! Finds a secret in a text that quotes it, in any of the forms that texts take on their way: as it is, or as it is
//! written in a URL, a form, a JSON text, by Rust's `Debug`, or in base64.

const MASK: &str = "***";

/// Replaces what quotes `secret` in `text`, which should be long enough not to be found by chance.
pub(crate) fn hide(text: &str, secret: &str) -> String {
    let mut hidden = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        if let Some(behind) = behind_quote(rest, secret) {
            hidden.push_str(MASK);
            rest = behind;
        } else {
            hidden.push(next);
            rest = rest.get(next.len_utf8()..).unwrap_or_default();
        }
    }
    hide_in_base64(hidden, secret.as_bytes())
}

/// What is behind `secret` at the start of `text`, if it is there in some form.
fn behind_quote<'a>(text: &'a str, secret: &str) -> Option<&'a str> {
    if secret.is_empty() {
        return None;
    }
    text.strip_prefix(secret).or_else(|| secret.chars().try_fold(text, behind_char))
}

/// What is behind one character, which may be escaped in any way.
fn behind_char(text: &str, wanted: char) -> Option<&str> {
    behind_percent(text, wanted)
        .or_else(|| behind_escape(text, wanted))
        .or_else(|| text.strip_prefix(wanted))
        .or_else(|| text.strip_prefix('+').filter(|_| wanted == ' '))
        .or_else(|| behind_unnamed(text, wanted))
}

/// As in a URL.
fn behind_percent(text: &str, wanted: char) -> Option<&str> {
    wanted.encode_utf8(&mut [0; 4]).bytes().try_fold(text, |text, byte| {
        let (digits, behind) = text.strip_prefix('%')?.split_at_checked(2)?;
        (u8::from_str_radix(digits, 16) == Ok(byte)).then_some(behind)
    })
}

/// As in a JSON text, or in what Rust's `Debug` writes.
fn behind_escape(text: &str, wanted: char) -> Option<&str> {
    let behind = text.strip_prefix('\\')?;
    if let Some(behind) = behind.strip_prefix("u{") {
        let (digits, behind) = behind.split_once('}')?;
        return (u32::from_str_radix(digits, 16) == Ok(wanted.into())).then_some(behind);
    }
    if behind.starts_with('u') {
        return wanted.encode_utf16(&mut [0; 2]).iter().try_fold(text, |text, unit| {
            let (digits, behind) = text.strip_prefix("\\u")?.split_at_checked(4)?;
            (u16::from_str_radix(digits, 16) == Ok(*unit)).then_some(behind)
        });
    }
    // Nobody escapes letters and digits so: there the letter means something else.
    behind.strip_prefix(wanted).filter(|_| !wanted.is_alphanumeric())
}

/// As in the path of an error, which writes `?` for each byte that may not be shown there; in front of some there was
/// a backslash.
fn behind_unnamed(text: &str, wanted: char) -> Option<&str> {
    if wanted.is_ascii_alphanumeric() || wanted == '_' || wanted == '-' {
        return None;
    }
    let behind = (0..wanted.len_utf8()).try_fold(text, |text, _| text.strip_prefix('?'))?;
    let is_escaped = matches!(wanted, '"' | '\\');
    Some(if is_escaped { behind.strip_prefix('?').unwrap_or(behind) } else { behind })
}

/// Replaces each run of base64 that holds the bytes of `secret`, wherever they begin in it.
fn hide_in_base64(text: String, secret: &[u8]) -> String {
    // An id of Seam's, say, in whose letters base64 does not write.
    if text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte) || byte == b'-') {
        return text;
    }
    let forms = [0, 4, 2].map(|skipped| sextets_of(secret, skipped));
    let is_base64 = |c: char| u8::try_from(c).is_ok_and(|byte| sextet(byte).is_some());
    let mut hidden = String::with_capacity(text.len());
    for piece in text.split_inclusive(|c| !is_base64(c)) {
        let run = piece.trim_end_matches(|c| !is_base64(c));
        let sextets: Vec<u8> = run.bytes().filter_map(sextet).collect();
        let holds = |form: &Vec<u8>| form.len() >= 4 && sextets.windows(form.len()).any(|window| window == form);
        hidden.push_str(if forms.iter().any(holds) { MASK } else { run });
        hidden.push_str(piece.get(run.len()..).unwrap_or_default());
    }
    hidden
}

/// What is certain of `bytes` in base64, in units of six bits, where the first unit begins behind so many bits.
fn sextets_of(bytes: &[u8], skipped: usize) -> Vec<u8> {
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
    let starts = (skipped..).step_by(6).take_while(|start| start + 6 <= bytes.len() * 8);
    starts.map(|start| (start..start + 6).fold(0, |sextet, at| sextet << 1 | bit(at))).collect()
}

/// The six bits of a letter of base64, be it that for URLs.
fn sextet(letter: u8) -> Option<u8> {
    match letter {
        b'A'..=b'Z' => Some(letter - b'A'),
        b'a'..=b'z' => Some(letter - b'a' + 26),
        b'0'..=b'9' => Some(letter - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::hide;

    #[test]
    fn a_secret_is_hidden_in_every_form() {
        let secret = "P\"7/é\\ 🔒";
        for quoted in [
            "P\"7/é\\ 🔒",
            r#"P\"7/é\\ 🔒"#,
            r#"P\"7\/\u00e9\\ \uD83D\uDD12"#,
            r#"\u0050\u0022\u0037\u002F\u00E9\u005c\u0020\ud83d\udd12"#,
            r#"P\"7/\u{e9}\\ \u{1f512}"#,
            "P%227%2F%C3%A9%5C%20%F0%9F%94%92",
            "P%227/%c3%a9%5c+%f0%9f%94%92",
            "P??7??????????",
            "UCI3L8OpXCDwn5SS",
            "eHhQIjcvw6lcIPCflJI=",
        ] {
            let hidden = hide(&format!("a {quoted}, b"), secret);
            assert!(hidden.starts_with("a ***") && hidden.ends_with(", b"), "{quoted}: {hidden}");
            assert!(!hidden.contains(['P', '7', '%', '\\']), "{quoted}: {hidden}");
        }
        assert_eq!(hide("198819881988 x1988y", "1988"), "********* x***y");
        assert_eq!(hide("Basic MTk4OA== MTk4OHh4", "1988"), "Basic ***== ***");
    }

    #[test]
    fn what_is_no_secret_stays() {
        for text in
            ["", "%", "%1", "\\", "\\u", "\\u00", "\\u{", "\\u{zz}", "+", "???", "MTk4", "1 988", "%31988x\u{e9}"]
        {
            let secret = "secret-of-some-length";
            assert_eq!(hide(text, secret), text);
        }
        assert_eq!(hide("bf6643a3-0c47-4f3c-ac96-43cc3bea0a8d", "1988"), "bf6643a3-0c47-4f3c-ac96-43cc3bea0a8d");
        assert_eq!(hide("%31988", "1988"), "***");
    }
}
