//! The commands that the README promises.

use crate::read;

/// The one line of the README's shell blocks that begins with `start`.
pub(crate) fn command(start: &str) -> Result<String, String> {
    find(&read("README.md")?, start)
}

fn find(page: &str, start: &str) -> Result<String, String> {
    // Every second part between fences is a block; its first line names its language.
    let blocks = page.split("```").skip(1).step_by(2).filter_map(|block| block.strip_prefix("sh\n"));
    let lines: Vec<&str> = blocks.flat_map(str::lines).map(str::trim).filter(|line| line.starts_with(start)).collect();
    match lines.as_slice() {
        [line] => Ok((*line).to_owned()),
        [] => Err(format!("README.md has no line `{start} ...` in a block of sh")),
        _ => Err(format!("README.md has more than one line `{start} ...` in blocks of sh")),
    }
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn a_command_is_found_in_shell_blocks_only() {
        let page = "cargo run no\n```sh\ncargo run --example x\n```\ntext\n```rust\ncargo run no\n```\n";
        assert_eq!(find(page, "cargo run"), Ok("cargo run --example x".to_owned()));
    }

    #[test]
    fn no_command_and_two_commands_are_errors() {
        assert!(find("```sh\nls\n```", "cargo run").is_err());
        assert!(find("```sh\ncargo run a\ncargo run b\n```", "cargo run").is_err());
    }
}
