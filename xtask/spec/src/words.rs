//! The words as data, and their reader.
//!
//! Two forms of text are enough. Entries are `key: text`, continued on indented lines. Blocks begin with a key on a line
//! of its own; the indented lines below are `attribute: value` for the attributes of that kind of block, and
//! otherwise documentation, in which an empty line begins a new paragraph. Lines that begin with `#` are comments.

use std::{collections::BTreeMap, fs, path::Path};

/// All words.
#[derive(Clone, Debug, Default)]
pub struct Words {
    /// The structs.
    pub types: Vec<TypeWords>,
    /// The open enums.
    pub enums: Vec<TypeWords>,
    /// What each event says.
    pub events: BTreeMap<String, String>,
    /// What fields and parameters mean.
    pub glossary: Glossary<String>,
    /// What to use in place of what is deprecated.
    pub deprecated: Glossary<String>,
    /// The types of strings whose format is certain.
    pub formats: Glossary<String>,
    /// Which texts are secrets.
    pub secrets: Glossary<SecretDecision>,
    /// The kinds of ids.
    pub ids: Vec<Id>,
    /// The routes, by path.
    pub routes: BTreeMap<String, RouteWords>,
    /// What groups of routes are about, by path.
    pub groups: BTreeMap<String, String>,
}

/// The words about a struct or an enum.
#[derive(Clone, Debug, Default)]
pub struct TypeWords {
    /// Its name in Rust.
    pub name: String,
    /// The places in the facts where it occurs.
    pub at: Vec<String>,
    /// Its fields that have to be there, if that is not what the rule says.
    pub required: Option<Vec<String>>,
    /// Its documentation.
    pub doc: String,
    /// The documentation of an enum's values.
    pub values: Vec<(String, String)>,
}

/// A kind of id.
#[derive(Clone, Debug, Default)]
pub struct Id {
    /// Its name in Rust.
    pub name: String,
    /// The names of fields that hold one, or a list of them.
    pub names: Vec<String>,
    /// Its documentation.
    pub doc: String,
}

/// Whether a text is a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretDecision {
    /// It is, and has this type.
    Secret(String),
    /// It is not, for this reason.
    Public(String),
}

/// Whether a request may be sent more than once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safety {
    /// Changes nothing.
    Read,
    /// Changes nothing more the second time.
    Idempotent,
    /// Does something each time.
    Action,
}

/// The words about a route.
#[derive(Clone, Debug)]
pub struct RouteWords {
    /// Whether it may be repeated.
    pub safety: Safety,
    /// Why.
    pub reason: String,
    /// The ways to say what it is about.
    pub selectors: Vec<Selector>,
    /// Parameters of which at least one has to be given.
    pub any_of: Vec<String>,
    /// Where it works, if not everywhere, such as `in a sandbox workspace`.
    pub only: Option<String>,
    /// The type of its answer, where the facts are wrong about it.
    pub answer: Option<String>,
    /// Its documentation.
    pub doc: String,
    /// When it fails.
    pub errors: String,
    /// Code that shows its use.
    pub example: String,
}

/// One way to say what a route is about.
#[derive(Clone, Debug)]
pub struct Selector {
    /// The method.
    pub method: String,
    /// The parameters that it takes.
    pub parameters: Vec<String>,
    /// Its documentation.
    pub doc: String,
}

/// Says something about fields, by their names or the ends of their places.
#[derive(Clone, Debug)]
pub struct Glossary<T>(BTreeMap<String, T>);

impl<T> Default for Glossary<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> Glossary<T> {
    /// What is said of the field at `place`, such as `device.properties.battery.level`: by the entry with
    /// the longest end of it.
    #[must_use]
    pub fn get(&self, place: &str) -> Option<(&str, &T)> {
        let mut end = place;
        loop {
            if let Some((key, value)) = self.0.get_key_value(end) {
                return Some((key, value));
            }
            end = end.split_once('.')?.1;
        }
    }

    /// All keys.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// What is wrong with a file of words.
type Result<T> = std::result::Result<T, String>;

impl Words {
    /// Reads the files below `folder`.
    ///
    /// # Errors
    ///
    /// Says which file, and what in it, cannot be read.
    pub fn read(folder: &Path) -> Result<Self> {
        let mut words = Self {
            types: type_words(folder, "types.txt")?,
            enums: type_words(folder, "enums.txt")?,
            events: entries(folder, "events.txt")?,
            glossary: Glossary(entries(folder, "glossary.txt")?),
            formats: Glossary(entries(folder, "formats.txt")?),
            deprecated: Glossary(entries(folder, "deprecated.txt")?),
            ..Self::default()
        };
        for (place, decision) in entries(folder, "secrets.txt")? {
            let decision = match decision.split_once(", since ") {
                Some(("public", reason)) => SecretDecision::Public(reason.to_owned()),
                _ if !decision.contains(' ') => SecretDecision::Secret(decision),
                _ => return Err(format!("secrets.txt: {place}: neither a type nor `public, since ...`")),
            };
            words.secrets.0.insert(place, decision);
        }
        for block in blocks(folder, "ids.txt", &["names"])? {
            let names = block.all("names").flat_map(str::split_whitespace).map(str::to_owned).collect();
            words.ids.push(Id { name: block.key, names, doc: block.doc });
        }
        let routes = folder.join("routes");
        let mut files: Vec<_> = fs::read_dir(&routes)
            .map_err(|error| format!("{}: {error}", routes.display()))?
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect();
        files.sort();
        for file in files {
            for block in blocks(
                &routes,
                &file,
                &["safety", "select", "select-doc", "any-of", "only", "answer", "errors", "example"],
            )? {
                words.add_route(block).map_err(|problem| format!("routes/{file}: {problem}"))?;
            }
        }
        Ok(words)
    }

    fn add_route(&mut self, block: Block) -> Result<()> {
        let path = block.key.clone();
        let Some(safety) = block.all("safety").next() else {
            self.groups.insert(path, block.doc);
            return Ok(());
        };
        let (class, reason) = safety.split_once(", since ").unwrap_or((safety, ""));
        let safety = match class {
            "read" => Safety::Read,
            "idempotent" => Safety::Idempotent,
            "action" => Safety::Action,
            _ => return Err(format!("{path}: `{class}` is not a class of safety")),
        };
        if safety != Safety::Read && reason.is_empty() {
            return Err(format!("{path}: the class of safety wants a reason"));
        }
        let mut selectors = Vec::new();
        for (method, parameters) in block.named("select")? {
            let doc = block.named("select-doc")?.into_iter().find(|(name, _)| *name == method);
            selectors.push(Selector {
                method: method.to_owned(),
                parameters: parameters.split_whitespace().map(str::to_owned).collect(),
                doc: doc.ok_or_else(|| format!("{path}: select {method} has no select-doc"))?.1.to_owned(),
            });
        }
        let route = RouteWords {
            safety,
            reason: reason.to_owned(),
            selectors,
            any_of: block.all("any-of").flat_map(str::split_whitespace).map(str::to_owned).collect(),
            only: block.all("only").next().map(str::to_owned),
            answer: block.all("answer").next().map(str::to_owned),
            errors: block.all("errors").collect::<Vec<_>>().join(" "),
            example: block.all("example").collect::<Vec<_>>().join("\n"),
            doc: block.doc.clone(),
        };
        if self.routes.insert(path.clone(), route).is_some() {
            return Err(format!("{path}: described twice"));
        }
        Ok(())
    }
}

fn type_words(folder: &Path, file: &str) -> Result<Vec<TypeWords>> {
    let blocks = blocks(folder, file, &["at", "required", "="])?;
    blocks
        .into_iter()
        .map(|block| {
            let required =
                block.all("required").next().map(|names| names.split_whitespace().map(str::to_owned).collect());
            let values = block.named("=")?.into_iter().map(|(value, doc)| (value.to_owned(), doc.to_owned())).collect();
            let at = block.all("at").map(str::to_owned).collect();
            Ok(TypeWords { at, required, values, name: block.key, doc: block.doc })
        })
        .collect()
}

fn load(folder: &Path, file: &str) -> Result<String> {
    fs::read_to_string(folder.join(file)).map_err(|error| format!("{file}: {error}"))
}

fn entries(folder: &Path, file: &str) -> Result<BTreeMap<String, String>> {
    let mut entries: BTreeMap<String, String> = BTreeMap::new();
    let mut last: Option<String> = None;
    for (number, line) in load(folder, file)?.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let error = |problem: &str| format!("{file}: line {}: {problem}", number + 1);
        if line.starts_with(' ') {
            let text = last.as_ref().and_then(|key| entries.get_mut(key)).ok_or_else(|| error("belongs to nothing"))?;
            text.push(' ');
            text.push_str(line.trim());
            continue;
        }
        let (key, text) = line.split_once(": ").ok_or_else(|| error("is not `key: text`"))?;
        if entries.insert(key.to_owned(), text.trim().to_owned()).is_some() {
            return Err(error("has a key that is there already"));
        }
        last = Some(key.to_owned());
    }
    Ok(entries)
}

/// A block of a file.
struct Block {
    key: String,
    attributes: Vec<(String, String)>,
    doc: String,
}

impl Block {
    /// The values of an attribute.
    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.attributes.iter().filter(move |(attribute, _)| attribute == name).map(|(_, value)| value.as_str())
    }

    /// The values of an attribute that is written `attribute name: value`.
    fn named<'a>(&'a self, name: &'a str) -> Result<Vec<(&'a str, &'a str)>> {
        self.all(name)
            .map(|value| value.split_once(": ").ok_or_else(|| format!("{}: `{name} {value}` has no text", self.key)))
            .collect()
    }
}

/// Attributes whose value begins with a name.
const NAMED: [&str; 3] = ["=", "select", "select-doc"];

fn blocks(folder: &Path, file: &str, attributes: &[&str]) -> Result<Vec<Block>> {
    let mut blocks: Vec<Block> = Vec::new();
    for (number, line) in load(folder, file)?.lines().enumerate() {
        if line.starts_with('#') {
            continue;
        }
        if !line.trim().is_empty() && !line.starts_with(' ') {
            blocks.push(Block { key: line.trim().to_owned(), attributes: Vec::new(), doc: String::new() });
            continue;
        }
        let Some(block) = blocks.last_mut() else {
            if line.trim().is_empty() {
                continue;
            }
            return Err(format!("{file}: line {}: belongs to nothing", number + 1));
        };
        let text = line.trim();
        let attribute = attributes.iter().find_map(|name| {
            let separator = if NAMED.contains(name) { " " } else { ":" };
            let value = text.strip_prefix(name)?.strip_prefix(separator)?;
            // An example keeps its indent.
            let value = if *name == "example" { value.strip_prefix(' ').unwrap_or(value) } else { value.trim() };
            Some(((*name).to_owned(), value.to_owned()))
        });
        match (attribute, block.attributes.last_mut()) {
            (Some(attribute), _) => block.attributes.push(attribute),
            (None, Some((name, value))) if name == "=" && line.starts_with("    ") => {
                value.push(' ');
                value.push_str(text);
            }
            (None, _) => {
                block.doc.push_str(text);
                block.doc.push('\n');
            }
        }
    }
    for block in &mut blocks {
        block.doc = paragraphs(&block.doc);
    }
    Ok(blocks)
}

/// Joins the lines of each paragraph.
fn paragraphs(text: &str) -> String {
    let paragraphs: Vec<String> = text
        .trim()
        .split("\n\n")
        .map(|paragraph| paragraph.trim().replace('\n', " "))
        .filter(|p| !p.is_empty())
        .collect();
    paragraphs.join("\n\n")
}
