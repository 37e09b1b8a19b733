//! The parsers for the two formats of annotation files: entries (`key: text`), and sections with attributes and a text.

use std::collections::BTreeMap;

use crate::{Location, ParseError, files::File};

type Result<T> = std::result::Result<T, ParseError>;

/// Reads entries `key: text`. Indented lines continue the text.
pub(crate) fn entries(file: File) -> Result<BTreeMap<&'static str, (Location, String)>> {
    let mut entries: BTreeMap<&'static str, (Location, String)> = BTreeMap::new();
    let mut last: Option<&'static str> = None;
    for (location, line) in lines(file) {
        if line.trim().is_empty() {
            continue;
        }
        if line.starts_with(' ') {
            let (_, text) =
                last.and_then(|key| entries.get_mut(key)).ok_or_else(|| location.error("continues nothing"))?;
            text.push(' ');
            text.push_str(line.trim());
            continue;
        }
        let (key, text) = line.split_once(": ").ok_or_else(|| location.error("is not `key: text`"))?;
        if entries.insert(key, (location, text.trim().to_owned())).is_some() {
            return Err(location.error(format!("`{key}` has an entry already")));
        }
        last = Some(key);
    }
    Ok(entries)
}

/// A section of a file: a key, below it attributes and a text.
pub(crate) struct Section {
    pub(crate) key: &'static str,
    pub(crate) location: Location,
    pub(crate) text: String,
    attributes: Vec<Attribute>,
}

struct Attribute {
    name: &'static str,
    location: Location,
    value: String,
}

impl Section {
    /// The values of an attribute.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.attributes.iter().filter(move |attribute| attribute.name == name).map(|attribute| attribute.value.as_str())
    }

    /// The words of an attribute's values.
    pub(crate) fn words(&self, name: &str) -> Vec<String> {
        self.all(name).flat_map(str::split_whitespace).map(str::to_owned).collect()
    }

    /// The values of an attribute that is written `attribute name: value`, with the names.
    pub(crate) fn named<'a>(&'a self, name: &'a str) -> Result<Vec<(&'a str, &'a str)>> {
        let attributes = self.attributes.iter().filter(|attribute| attribute.name == name);
        attributes
            .map(|attribute| {
                let pair = attribute.value.split_once(": ");
                pair.ok_or_else(|| attribute.location.error(format!("is not `{name} name: text`")))
            })
            .collect()
    }
}

/// Attributes whose value begins with a name.
const NAMED: [&str; 3] = ["=", "select", "select-doc"];

/// Reads sections. Lines that do not begin with one of `attributes` are the text.
pub(crate) fn sections(file: File, attributes: &[&'static str]) -> Result<Vec<Section>> {
    let mut sections: Vec<Section> = Vec::new();
    for (location, line) in lines(file) {
        if !line.trim().is_empty() && !line.starts_with(' ') {
            sections.push(Section { key: line.trim(), location, text: String::new(), attributes: Vec::new() });
            continue;
        }
        let Some(section) = sections.last_mut() else {
            if line.trim().is_empty() {
                continue;
            }
            return Err(location.error("belongs to no section"));
        };
        let text = line.trim();
        let attribute = attributes.iter().find_map(|name| {
            let separator = if NAMED.contains(name) { " " } else { ":" };
            let value = text.strip_prefix(name)?.strip_prefix(separator)?;
            // An example keeps its indentation.
            let value = if *name == "example" { value.strip_prefix(' ').unwrap_or(value) } else { value.trim() };
            Some(Attribute { name, location, value: value.to_owned() })
        });
        match (attribute, section.attributes.last_mut()) {
            (Some(attribute), _) => section.attributes.push(attribute),
            (None, Some(last)) if last.name == "=" && line.starts_with("    ") => {
                last.value.push(' ');
                last.value.push_str(text);
            }
            (None, _) => {
                section.text.push_str(text);
                section.text.push('\n');
            }
        }
    }
    for section in &mut sections {
        section.text = paragraphs(&section.text);
    }
    Ok(sections)
}

/// Reads a list: one word per line.
pub(crate) fn list(file: File) -> Vec<&'static str> {
    lines(file).map(|(_, line)| line.trim()).filter(|line| !line.is_empty()).collect()
}

/// The lines that are not comments.
fn lines(file: File) -> impl Iterator<Item = (Location, &'static str)> {
    let lines = (1..).zip(file.text.lines()).filter(|(_, line)| !line.starts_with('#'));
    lines.map(move |(line, text)| (Location { file: file.path, line }, text))
}

/// Joins the lines of each paragraph.
fn paragraphs(text: &str) -> String {
    let paragraphs: Vec<String> = text
        .trim()
        .split("\n\n")
        .map(|paragraph| paragraph.trim().replace('\n', " "))
        .filter(|paragraph| !paragraph.is_empty())
        .collect();
    paragraphs.join("\n\n")
}
