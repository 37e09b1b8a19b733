//! `cargo xtask ci readme`: checks that the README lists its commands, and that CI runs them.

use std::fs;

use xtask_programs::{Result, run};

/// The README's second command.
const TEST: &str = "cargo test --workspace";
/// The line of `.ci/run` that runs the README's commands.
const CI: &str = "cargo xtask ci";

/// Checks that the README lists the commands that CI runs, and that CI runs them.
pub(crate) fn check() -> Result {
    let readme = read("README.md")?;
    example_command(&readme)?;
    if !commands(&readme).any(|command| command == TEST) {
        return Err(format!("README.md has no line `{TEST}` in a fenced block"));
    }
    if !read(".ci/run")?.lines().any(|line| line == CI) {
        return Err(format!(".ci/run has no line `{CI}`, which runs the README's commands"));
    }
    Ok(())
}

/// Runs the README's second command.
pub(crate) fn test() -> Result {
    run::run(&mut run::cargo(arguments(TEST)?))
}

/// Reads a file of the repository.
pub(crate) fn read(path: &str) -> Result<String> {
    fs::read_to_string(path).map_err(|error| format!("cannot read {path}: {error}"))
}

/// Returns the README's first command.
pub(crate) fn example_command(readme: &str) -> Result<&str> {
    commands(readme)
        .find(|command| command.starts_with("cargo run"))
        .ok_or_else(|| "README.md has no line that begins with `cargo run` in a fenced block".to_owned())
}

/// Returns the lines inside fenced blocks.
fn commands(readme: &str) -> impl Iterator<Item = &str> {
    let mut fenced = false;
    readme.lines().map(str::trim).filter(move |line| {
        let fence = line.starts_with("```");
        fenced ^= fence;
        fenced && !fence
    })
}

/// Returns the arguments of a `cargo` command, which must need no shell.
pub(crate) fn arguments(command: &str) -> Result<impl Iterator<Item = &str>> {
    let plain = |c: char| c.is_ascii_alphanumeric() || " -_=./,:".contains(c);
    match command.strip_prefix("cargo ") {
        Some(arguments) if command.chars().all(plain) => Ok(arguments.split_whitespace()),
        _ => Err(format!("`{command}` needs a shell; write a plain `cargo` command, which runs on every platform")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const README: &str = "\
Run `cargo run` to see it.
cargo run --outside

```toml
seam = 1
```

```sh
  cargo run --example hello -- there
cargo test --workspace
```

cargo run --after
```sh
cargo run --second
```
";

    #[test]
    fn commands_are_read_from_fenced_blocks() {
        let found: Vec<_> = commands(README).collect();
        assert_eq!(
            found,
            ["seam = 1", "cargo run --example hello -- there", "cargo test --workspace", "cargo run --second"]
        );
    }

    #[test]
    fn the_first_cargo_run_is_the_example() {
        assert_eq!(example_command(README), Ok("cargo run --example hello -- there"));
        assert!(example_command("```sh\ncargo test --workspace\n```\ncargo run\n").is_err());
    }

    #[test]
    fn a_plain_command_is_split_into_arguments() {
        let found: Vec<_> = arguments("cargo run  --example hello -- there").unwrap().collect();
        assert_eq!(found, ["run", "--example", "hello", "--", "there"]);
    }

    #[test]
    fn a_command_that_needs_a_shell_is_rejected() {
        for command in ["cargo run | less", "cargo run \"a b\"", "cargo run $X", "KEY=1 cargo run"] {
            assert!(arguments(command).is_err(), "{command}");
        }
    }
}
