//! From a fact to a Rust type: what the fields of unions are together, what is an id, a time or a secret, and what
//! a struct or an enum is called.

use seam_spec::{Field, Kind, SecretDecision, Type, TypeWords, Words};

/// What a value looks like once the options of a union are one.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    Any,
    Boolean,
    Integer,
    Number,
    Text,
    Uuid,
    Time,
    Enum(Vec<String>),
    Object(Vec<Member>),
    List(Box<Shape>),
    Map(Box<Shape>),
    Reference(String),
}

/// A field of an object.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Member {
    pub(super) name: String,
    /// Whether every option of a union has it and says that it is always there.
    pub(super) required: bool,
    pub(super) nullable: bool,
    pub(super) deprecated: bool,
    /// The limits of a parameter, in words.
    pub(super) limits: String,
    pub(super) shape: Shape,
}

/// Makes one shape of a value and its options.
pub(super) fn flatten(shape: &Type) -> Shape {
    match &shape.kind {
        Kind::Any => Shape::Any,
        Kind::Boolean => Shape::Boolean,
        Kind::Integer => Shape::Integer,
        Kind::Number => Shape::Number,
        Kind::String | Kind::Uri | Kind::Email => Shape::Text,
        Kind::Uuid => Shape::Uuid,
        Kind::Time => Shape::Time,
        Kind::Enum(values) => Shape::Enum(values.clone()),
        Kind::Object(fields) => Shape::Object(fields.iter().map(member).collect()),
        Kind::List(item) => Shape::List(Box::new(flatten(item))),
        Kind::Map(item) => Shape::Map(Box::new(flatten(item))),
        Kind::Choice(options) => options.iter().map(flatten).reduce(merge).unwrap_or(Shape::Any),
        Kind::Reference(name) => Shape::Reference(name.clone()),
        Kind::Variants { by, common, variants } => {
            let options = variants.iter().map(|variant| {
                let mut members: Vec<Member> = common.iter().chain(&variant.fields).map(member).collect();
                if let (Some(by), Some(value)) = (by, &variant.value) {
                    members.insert(0, discriminator(by, value));
                }
                Shape::Object(members)
            });
            options.reduce(merge).unwrap_or(Shape::Any)
        }
    }
}

fn discriminator(by: &str, value: &str) -> Member {
    Member {
        name: by.to_owned(),
        required: true,
        nullable: false,
        deprecated: false,
        limits: String::new(),
        shape: Shape::Enum(vec![value.to_owned()]),
    }
}

fn member(field: &Field) -> Member {
    Member {
        name: field.name.clone(),
        required: field.required,
        nullable: field.shape.nullable,
        deprecated: field.deprecated,
        limits: limits(&field.shape),
        shape: flatten(&field.shape),
    }
}

/// The limits of a value as a sentence.
fn limits(shape: &Type) -> String {
    let range = |min: &str, max: &str, unit: &str| match (shape.limit(min), shape.limit(max)) {
        (Some(min), Some(max)) if min == max => format!("Exactly {min}{unit}."),
        (Some(min), Some(max)) => format!("From {min} to {max}{unit}."),
        (Some("1"), None) if !unit.is_empty() => "Not empty.".to_owned(),
        (Some(min), None) => format!("At least {min}{unit}."),
        (None, Some(max)) => format!("At most {max}{unit}."),
        (None, None) => String::new(),
    };
    let parts = [
        range("min", "max", ""),
        shape.limit("above").map(|limit| format!("More than {limit}.")).unwrap_or_default(),
        range("min-length", "max-length", " characters"),
        range("min-items", "max-items", " items"),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// What covers both shapes.
pub(super) fn merge(a: Shape, b: Shape) -> Shape {
    match (a, b) {
        (a, b) if a == b => a,
        (Shape::Any, Shape::Object(members)) | (Shape::Object(members), Shape::Any) => Shape::Object(members),
        (Shape::Any, known @ (Shape::List(_) | Shape::Map(_) | Shape::Text | Shape::Time))
        | (known @ (Shape::List(_) | Shape::Map(_) | Shape::Text | Shape::Time), Shape::Any) => known,
        (Shape::Enum(mut a), Shape::Enum(b)) => {
            for value in b {
                if !a.contains(&value) {
                    a.push(value);
                }
            }
            Shape::Enum(a)
        }
        // Open enums hold any text.
        (values @ Shape::Enum(_), Shape::Text) | (Shape::Text, values @ Shape::Enum(_)) => values,
        (Shape::Text | Shape::Uuid | Shape::Time, Shape::Text | Shape::Uuid | Shape::Time) => Shape::Text,
        (Shape::Integer, Shape::Number) | (Shape::Number, Shape::Integer) => Shape::Number,
        (Shape::List(a), Shape::List(b)) => Shape::List(Box::new(merge(*a, *b))),
        (Shape::Map(a), Shape::Map(b)) => Shape::Map(Box::new(merge(*a, *b))),
        (Shape::Object(a), Shape::Object(b)) => Shape::Object(merge_members(a, b)),
        _ => Shape::Any,
    }
}

fn merge_members(a: Vec<Member>, b: Vec<Member>) -> Vec<Member> {
    let mut merged: Vec<Member> = Vec::new();
    for known in &a {
        let mut member = known.clone();
        match b.iter().find(|other| other.name == known.name) {
            Some(other) => {
                member.required &= other.required;
                member.nullable |= other.nullable;
                member.deprecated &= other.deprecated;
                member.shape = merge(member.shape, other.shape.clone());
            }
            None => member.required = false,
        }
        merged.push(member);
    }
    for other in b {
        if a.iter().all(|known| known.name != other.name) {
            merged.push(Member { required: false, ..other });
        }
    }
    merged
}

/// A Rust type.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Resolved {
    /// As it is written, such as `Vec<DeviceId>`.
    pub(super) rust: String,
    /// The type that has to be imported for it.
    pub(super) import: Option<String>,
    pub(super) class: Class,
}

/// What a value is to whoever writes the code that handles it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Class {
    Boolean,
    Integer,
    Number,
    Text,
    Id,
    Secret,
    Time,
    Enum,
    Object,
    Json,
    List(Box<Resolved>),
    Map,
}

/// A struct or an enum that a fact asks for.
pub(super) enum Defined<'a> {
    Struct { words: &'a TypeWords, place: String, members: Vec<Member> },
    Enum { words: &'a TypeWords, values: Vec<String> },
}

/// Finds types for values, and collects what is undecided and what has to be defined.
pub(super) struct Resolver<'a> {
    pub(super) words: &'a Words,
    pub(super) undecided: Vec<String>,
}

/// Parameters that the facts call numbers, and that only make sense as whole ones.
const WHOLE: [&str; 13] = [
    "auto_lock_delay_seconds",
    "duration_minutes",
    "duration_seconds",
    "instant_key_max_use_count",
    "limit",
    "max_code_length",
    "max_override_period_minutes",
    "max_use_count",
    "min_code_length",
    "preferred_code_length",
    "seos_tsm_endpoint_id",
    "supported_code_lengths",
    "unstable_offset",
];

/// Texts without a format that are points in time.
const TIMES: [&str; 6] = ["starts_at", "ends_at", "expires_at", "created_before", "since", "between"];

/// Words that make a name suspicious of being a secret.
const SUSPICIOUS: [&str; 22] = [
    "card",
    "code",
    "codes",
    "credential",
    "description",
    "key",
    "keys",
    "link",
    "message",
    "notes",
    "number",
    "numbers",
    "passcode",
    "password",
    "pin",
    "pins",
    "sdp",
    "secret",
    "token",
    "uri",
    "url",
    "urls",
];

impl<'a> Resolver<'a> {
    pub(super) fn new(words: &'a Words) -> Self {
        Self { words, undecided: Vec::new() }
    }

    /// The type of the value at `place`; what it consists of goes to `define`.
    pub(super) fn resolve(&mut self, place: &str, shape: &Shape, define: &mut Vec<Defined<'a>>) -> Resolved {
        let name = place.rsplit('.').next().unwrap_or(place);
        let simple = |rust: &str, class| Resolved { rust: rust.to_owned(), import: None, class };
        let imported = |rust: &str, class| Resolved { rust: rust.to_owned(), import: Some(rust.to_owned()), class };
        match shape {
            Shape::Any => imported("Json", Class::Json),
            Shape::Boolean => simple("bool", Class::Boolean),
            Shape::Number | Shape::Integer if place.starts_with('/') && WHOLE.contains(&name) => {
                simple("u32", Class::Integer)
            }
            Shape::Integer => simple("i64", Class::Integer),
            Shape::Number => simple("f64", Class::Number),
            Shape::Time => imported("Timestamp", Class::Time),
            Shape::Uuid | Shape::Text => {
                if let Some(id) = self.id(place, name, *shape == Shape::Uuid) {
                    return imported(&id, Class::Id);
                }
                // The facts leave some enums open, and the words close them.
                if let Some(words) = self.words.enums.iter().find(|words| words.at.iter().any(|at| at == place)) {
                    define.push(Defined::Enum { words, values: Vec::new() });
                    return imported(&words.name, Class::Enum);
                }
                // In answers, what is not called a time may be anything.
                if place.starts_with('/') && TIMES.contains(&name) {
                    return imported("Timestamp", Class::Time);
                }
                match self.secret(place, name) {
                    Some(secret) => imported(&secret, Class::Secret),
                    None => simple("String", Class::Text),
                }
            }
            Shape::Enum(values) => match find(&self.words.enums, place) {
                Some(words) => {
                    define.push(Defined::Enum { words, values: values.clone() });
                    imported(&words.name, Class::Enum)
                }
                // A list of all time zones in the world is no enum of this API's.
                None if name == "time_zone" => simple("String", Class::Text),
                None => {
                    self.undecided.push(format!("{place}: an enum without a name in enums.txt: {}", values.join(" ")));
                    simple("String", Class::Text)
                }
            },
            Shape::Object(members) if members.is_empty() => imported("Json", Class::Json),
            Shape::Object(members) => match find(&self.words.types, place) {
                Some(words) => {
                    define.push(Defined::Struct { words, place: place.to_owned(), members: members.clone() });
                    imported(&words.name, Class::Object)
                }
                None => {
                    let names: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
                    self.undecided.push(format!("{place}: a struct without a name in types.txt: {}", names.join(" ")));
                    imported("Json", Class::Json)
                }
            },
            Shape::List(item) => {
                let item = self.resolve(place, item, define);
                let (rust, import) = (format!("Vec<{}>", item.rust), item.import.clone());
                Resolved { rust, import, class: Class::List(Box::new(item)) }
            }
            Shape::Map(_) if name.contains("custom_metadata") => imported("CustomMetadata", Class::Map),
            Shape::Map(_) => imported("Json", Class::Json),
            Shape::Reference(name) => match find(&self.words.types, name) {
                Some(words) => imported(&words.name, Class::Object),
                // The document refers to resources that it does not describe.
                None => imported("Json", Class::Json),
            },
        }
    }

    fn id(&mut self, place: &str, name: &str, is_uuid: bool) -> Option<String> {
        let is_one = |id: &str| name == id || name.strip_suffix('s') == Some(id);
        let id = self.words.ids.iter().find(|id| id.names.iter().any(|name| is_one(name)));
        // An id in the system of a device's maker may have the same name.
        let is_foreign = place.split('.').rev().skip(1).any(|part| part.ends_with("_metadata"));
        match id {
            Some(id) if is_uuid || !is_foreign => Some(id.name.clone()),
            None if is_uuid && !is_foreign => {
                self.undecided.push(format!("{place}: an id without a kind in ids.txt"));
                None
            }
            _ => None,
        }
    }

    fn secret(&mut self, place: &str, name: &str) -> Option<String> {
        match self.words.secrets.get(place) {
            Some((_, SecretDecision::Secret(secret))) => Some(secret.clone()),
            Some((_, SecretDecision::Public(_))) => None,
            None => {
                if name.split('_').any(|word| SUSPICIOUS.contains(&word)) {
                    self.undecided.push(format!("{place}: secret or public? secrets.txt does not say"));
                }
                None
            }
        }
    }

    /// What the field at `place` means.
    pub(super) fn meaning(&mut self, place: &str, member: &Member) -> String {
        let meaning = match self.words.glossary.get(place) {
            Some((_, meaning)) => meaning.clone(),
            None => {
                self.undecided.push(format!("{place}: not in glossary.txt"));
                String::new()
            }
        };
        let deprecated = if member.deprecated { "Deprecated. " } else { "" };
        let limits = if place.starts_with('/') && !member.limits.is_empty() {
            format!(" {}", member.limits)
        } else {
            String::new()
        };
        format!("{deprecated}{meaning}{limits}")
    }
}

/// The words about the type at `place`: those with the longest end of it.
pub(super) fn find<'a>(words: &'a [TypeWords], place: &str) -> Option<&'a TypeWords> {
    let mut end = place;
    loop {
        if let Some(found) = words.iter().find(|words| words.at.iter().any(|at| at == end)) {
            return Some(found);
        }
        end = end.split_once('.')?.1;
    }
}

/// `access_code.set` becomes `AccessCodeSet`.
pub(super) fn pascal(name: &str) -> String {
    name.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| {
            let mut letters = word.chars();
            let first = letters.next().map(|letter| letter.to_ascii_uppercase());
            let rest = letters.as_str();
            // Constants are written in capitals.
            let rest = if word.len() > 1 && name.chars().all(|c| !c.is_ascii_lowercase()) {
                rest.to_ascii_lowercase()
            } else {
                rest.to_owned()
            };
            first.into_iter().collect::<String>() + &rest
        })
        .collect()
}

/// A name as a Rust identifier.
pub(super) fn identifier(name: &str) -> String {
    match name {
        "type" | "override" | "in" | "move" | "ref" | "match" | "where" | "use" | "for" => format!("r#{name}"),
        _ => name.to_owned(),
    }
}
