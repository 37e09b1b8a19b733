//! Writes the resources, events and open enums of `seam-model`.

use std::collections::{BTreeMap, BTreeSet};

use seam_spec::{Facts, Kind, Route, Schema, TypeWords, Words};

use super::{
    File,
    resolve::{Class, Defined, Member, Resolver, Shape, find, flatten, identifier, pascal},
    text::{self, HEADER, Links},
};

const SRC: &str = "crates/seam-model/src";

/// A struct as it will be written.
struct Struct {
    words: TypeWords,
    file: String,
    members: BTreeMap<String, Written>,
    required: Vec<String>,
}

/// A field as it will be written.
#[derive(Clone, PartialEq)]
struct Written {
    rust: String,
    import: Option<String>,
    /// Whether it is an enum, which holds any text.
    is_enum: bool,
    doc: String,
}

/// An enum as it will be written.
struct Enum<'a> {
    words: &'a TypeWords,
    file: String,
    values: Vec<String>,
}

/// The events of one family, such as `lock.locked` and `lock.unlocked`.
struct Event {
    name: String,
    value: String,
    doc: String,
}

#[derive(Default)]
struct Model<'a> {
    structs: BTreeMap<String, Struct>,
    enums: BTreeMap<String, Enum<'a>>,
    events: Vec<Event>,
}

/// Writes the files; what is undecided is told to `resolver`.
pub(super) fn files(facts: &Facts, words: &Words, resolver: &mut Resolver<'_>, links: &Links<'_>) -> Vec<File> {
    let mut model = Model::default();
    let mut own = Resolver::new(words);
    for schema in &facts.schemas {
        match schema.name.as_str() {
            "event" => model.add_events(schema, &mut own),
            "action_attempt" => model.add_action_attempt(schema, &mut own),
            name => match find(&words.types, name) {
                Some(found) => {
                    let Shape::Object(members) = flatten(&schema.shape) else { continue };
                    model.add_struct(&mut own, name, found, name, &members);
                }
                None => own.undecided.push(format!("{name}: a resource without a name in types.txt")),
            },
        }
    }
    for route in &facts.routes {
        model.add_enums_of(route, &mut own);
    }
    model.complete(facts, words, &mut own);
    let mut files = model.write(facts, links, &mut own);
    files.push(write_ids(words, links));
    resolver.undecided.append(&mut own.undecided);
    files
}

impl<'a> Model<'a> {
    /// Defines a struct, and what it consists of, in a file.
    fn add_struct(
        &mut self,
        resolver: &mut Resolver<'a>,
        file: &str,
        words: &TypeWords,
        place: &str,
        members: &[Member],
    ) {
        // A part that is a resource lies in the resource's file.
        let file = words.at.iter().find(|at| !at.contains(['.', '/'])).map_or(file, String::as_str);
        let required = required(words, place, members);
        let mut written = BTreeMap::new();
        let mut parts = Vec::new();
        for member in members {
            let place = format!("{place}.{}", member.name);
            let resolved = resolver.resolve(&place, &member.shape, &mut parts);
            let doc = resolver.meaning(&place, member);
            let is_enum = resolved.class == Class::Enum;
            let rust = match &resolved.class {
                _ if required.contains(&member.name) => resolved.rust,
                Class::List(_) | Class::Map => resolved.rust,
                Class::Object => format!("Option<Box<{}>>", resolved.rust),
                _ => format!("Option<{}>", resolved.rust),
            };
            written.insert(member.name.clone(), Written { rust, import: resolved.import, is_enum, doc });
        }
        let known = self.structs.entry(words.name.clone()).or_insert_with(|| Struct {
            words: words.clone(),
            file: file.to_owned(),
            members: BTreeMap::new(),
            required: required.clone(),
        });
        known.required.retain(|name| required.contains(name));
        for (name, field) in written {
            match known.members.get(&name) {
                Some(other) if other.is_enum && is_text(&field.rust) => {}
                Some(other) if field.is_enum && is_text(&other.rust) => {
                    known.members.insert(name, field);
                }
                Some(other) if other.rust != field.rust => resolver.undecided.push(format!(
                    "{place}.{name}: `{}` here and `{}` elsewhere, so the two are not both {}",
                    field.rust, other.rust, words.name
                )),
                Some(_) => {}
                None => {
                    known.members.insert(name, field);
                }
            }
        }
        self.add_parts(resolver, file, parts);
    }

    fn add_parts(&mut self, resolver: &mut Resolver<'a>, file: &str, parts: Vec<Defined<'a>>) {
        for part in parts {
            match part {
                Defined::Struct { words, place, members } => self.add_struct(resolver, file, words, &place, &members),
                Defined::Enum { words, values } => {
                    let known = self.enums.entry(words.name.clone()).or_insert_with(|| Enum {
                        words,
                        file: file.to_owned(),
                        values: Vec::new(),
                    });
                    for value in values {
                        if !known.values.contains(&value) {
                            known.values.push(value);
                        }
                    }
                }
            }
        }
    }

    /// The payload of each type of event. The fields that all events have are those of `Event`.
    fn add_events(&mut self, schema: &Schema, resolver: &mut Resolver<'a>) {
        let Kind::Variants { variants, .. } = &schema.shape.kind else { return };
        for variant in variants {
            let Some(value) = &variant.value else { continue };
            let family = value.split('.').next().unwrap_or(value);
            let Some(doc) = resolver.words.events.get(value) else {
                resolver.undecided.push(format!("{value}: not in events.txt"));
                continue;
            };
            let name = pascal(value);
            self.events.push(Event { name: name.clone(), value: value.clone(), doc: doc.clone() });
            let shape = flatten(&seam_spec::Type::of(Kind::Object(variant.fields.clone())));
            let Shape::Object(mut members) = shape else { continue };
            members.retain(|member| member.name != "event_description");
            // What an event is about has to be there, or its payload is not what its type says.
            let subject = match family {
                "lock" | "thermostat" | "noise_sensor" | "camera" | "phone" => "device_id".to_owned(),
                family => format!("{family}_id"),
            };
            let words = TypeWords { name, required: Some(vec![subject]), doc: doc.clone(), ..TypeWords::default() };
            let place = format!("event.{}", value.replace('.', "_"));
            self.add_struct(resolver, &format!("events/{family}"), &words, &place, &members);
        }
    }

    /// The enums of action attempts, and the result that is no resource. The rest is written by hand.
    fn add_action_attempt(&mut self, schema: &Schema, resolver: &mut Resolver<'a>) {
        let Kind::Variants { variants, .. } = &schema.shape.kind else { return };
        let mut parts = Vec::new();
        for variant in variants {
            for field in &variant.fields {
                let is_scan = variant.fields.iter().any(|field| match &field.shape.kind {
                    Kind::Enum(values) => field.name == "action_type" && values == &["SCAN_CREDENTIAL".to_owned()],
                    _ => false,
                });
                let is_result = is_scan && field.name == "result" && field.shape.kind != Kind::Any;
                if is_result || matches!(field.name.as_str(), "action_type" | "status") {
                    let place = format!("action_attempt.{}", field.name);
                    resolver.resolve(&place, &flatten(&field.shape), &mut parts);
                }
            }
        }
        self.add_parts(resolver, "action_attempt", parts);
    }

    /// The enums of a route's parameters; its structs belong to `seam-core`.
    fn add_enums_of(&mut self, route: &Route, resolver: &mut Resolver<'a>) {
        let Shape::Object(members) = flatten(&route.parameters) else { return };
        let mut open: Vec<(String, Vec<Member>)> = vec![(route.path.clone(), members)];
        let mut silent = Resolver::new(resolver.words);
        while let Some((place, members)) = open.pop() {
            for member in members {
                let mut parts = Vec::new();
                silent.resolve(&format!("{place}.{}", member.name), &member.shape, &mut parts);
                for part in parts {
                    match part {
                        Defined::Struct { place, members, .. } => open.push((place, members)),
                        Defined::Enum { .. } => self.add_parts(&mut silent, "parameter", vec![part]),
                    }
                }
            }
        }
    }

    /// Values that the facts tell elsewhere than in the enum itself.
    fn complete(&mut self, facts: &Facts, words: &Words, resolver: &mut Resolver<'a>) {
        if let Some(actions) = self.enums.get_mut("ActionType") {
            for action in facts.routes.iter().filter_map(|route| route.action.clone()) {
                if !actions.values.contains(&action) {
                    actions.values.push(action);
                }
            }
        }
        if let Some(types) = self.enums.get_mut("EventType") {
            for value in self.events.iter().map(|event| event.value.clone()) {
                if !types.values.contains(&value) {
                    types.values.push(value);
                }
            }
            for value in &types.values {
                if !words.events.contains_key(value) {
                    resolver.undecided.push(format!("{value}: not in events.txt"));
                }
            }
        }
    }

    fn write(&self, facts: &Facts, links: &Links<'_>, resolver: &mut Resolver<'a>) -> Vec<File> {
        let mut folders: BTreeMap<&str, BTreeMap<String, String>> = BTreeMap::new();
        let homes: BTreeSet<&str> = self
            .structs
            .values()
            .map(|known| known.file.as_str())
            .chain(self.enums.values().map(|known| known.file.as_str()))
            .collect();
        for home in homes {
            let (folder, name) = home.split_once('/').unwrap_or(("resources", home));
            let code = self.write_file(home, facts, links, resolver);
            folders.entry(folder).or_default().insert(name.to_owned(), code);
        }
        let mut files = Vec::new();
        for (folder, contents) in folders {
            let about = match folder {
                "events" => "The payloads of events, one file for each family of them.",
                _ => "The resources of the API, one file each, with the structs and enums that they consist of.",
            };
            let mut code = format!("{HEADER}\n//! {about}\n\n");
            for name in contents.keys() {
                code.push_str(&format!("mod {name};\n"));
            }
            code.push('\n');
            for name in contents.keys() {
                let home = if folder == "events" { format!("events/{name}") } else { name.clone() };
                let mut exported: Vec<&str> = self
                    .structs
                    .iter()
                    .filter(|(_, known)| known.file == home)
                    .map(|(name, _)| name.as_str())
                    .chain(self.enums.iter().filter(|(_, known)| known.file == home).map(|(name, _)| name.as_str()))
                    .collect();
                exported.sort_unstable();
                code.push_str(&format!("pub use {name}::{{{}}};\n", exported.join(", ")));
            }
            if folder == "events" {
                code.push_str(&self.write_payloads(links));
            }
            files.push(File { path: format!("{SRC}/{folder}/mod.rs"), code });
            for (name, code) in contents {
                files.push(File { path: format!("{SRC}/{folder}/{name}.rs"), code });
            }
        }
        files
    }

    fn write_file(&self, home: &str, facts: &Facts, links: &Links<'_>, resolver: &mut Resolver<'a>) -> String {
        let structs: Vec<&Struct> = self.structs.values().filter(|known| known.file == home).collect();
        let enums: Vec<&Enum<'_>> = self.enums.values().filter(|known| known.file == home).collect();
        let about = match home {
            "parameter" => "The enums that only parameters have.".to_owned(),
            "action_attempt" => "What action attempts are about, and what reading a card gives.".to_owned(),
            home => {
                match (home.strip_prefix("events/"), facts.schema(home).and_then(|_| find(&resolver.words.types, home)))
                {
                    (Some(family), _) => format!("The payloads of the events `{family}.*`."),
                    (None, Some(words)) => text::first_sentence(&words.doc).to_owned(),
                    (None, None) => "Parts of resources.".to_owned(),
                }
            }
        };
        let mut imports: BTreeSet<&str> = BTreeSet::new();
        let mut body = String::new();
        // The resource itself first.
        let is_root = |known: &&&Struct| known.words.at.iter().any(|at| at == home);
        let ordered = structs.iter().filter(is_root).chain(structs.iter().filter(|known| !is_root(known)));
        for known in ordered {
            body.push_str(&write_struct(known, links));
            imports.extend(known.members.values().filter_map(|member| member.import.as_deref()));
            imports.extend(["Extra", "json_object"]);
        }
        for known in &enums {
            body.push_str(&write_enum(known, links, resolver));
        }
        for known in &structs {
            imports.remove(known.words.name.as_str());
        }
        for known in &enums {
            imports.remove(known.words.name.as_str());
        }
        let mut imports: Vec<String> = imports.into_iter().map(str::to_owned).collect();
        if !enums.is_empty() {
            imports.push("open_enum::open_enum".to_owned());
        }
        format!("{HEADER}\n//! {about}\n\nuse crate::{{{}}};\n\n{body}", imports.join(", "))
    }

    /// The list of events, from which the macro makes the enums and the way from one to the other.
    fn write_payloads(&self, links: &Links<'_>) -> String {
        let mut code = "\ncrate::event::events! {\n".to_owned();
        for event in &self.events {
            code.push_str(&text::doc("    ", &event.doc, links));
            code.push_str(&format!("    {} = {:?},\n", event.name, event.value));
        }
        code.push_str("}\n");
        code
    }
}

/// Whether a field is plain text, which an open enum can take the place of.
fn is_text(rust: &str) -> bool {
    matches!(rust, "String" | "Option<String>")
}

/// The fields that a struct has to have: its own id.
fn required(words: &TypeWords, place: &str, members: &[Member]) -> Vec<String> {
    let names: Vec<String> = match &words.required {
        Some(names) => names.clone(),
        None => {
            let own = words.at.first().map_or(place, String::as_str);
            let own = own.strip_prefix("unmanaged_").unwrap_or(own);
            vec![format!("{own}_id")]
        }
    };
    members
        .iter()
        .filter(|member| names.contains(&member.name) && (member.required || words.required.is_some()))
        .map(|member| member.name.clone())
        .collect()
}

fn write_struct(known: &Struct, links: &Links<'_>) -> String {
    let name = &known.words.name;
    let mut code = text::doc("", &known.words.doc, links);
    code.push_str(&format!("#[derive(Clone, Debug)]\n#[non_exhaustive]\npub struct {name} {{\n"));
    let required = known.required.iter().filter_map(|name| Some((name, known.members.get(name)?)));
    let optional = known.members.iter().filter(|(name, _)| !known.required.contains(name));
    for (name, member) in required.clone().chain(optional.clone()) {
        code.push_str(&text::doc("    ", &member.doc, links));
        code.push_str(&format!("    pub {}: {},\n", identifier(name), member.rust));
    }
    code.push_str("    /// Fields that this version does not know.\n    pub extra: Extra,\n}\n\n");
    let required: Vec<String> =
        required.map(|(name, member)| format!("{}: {}", identifier(name), member.rust)).collect();
    let optional: Vec<String> = optional.map(|(name, _)| identifier(name)).collect();
    code.push_str(&text::json_object(name, &required, &optional, " extra", false));
    code
}

fn write_enum(known: &Enum<'_>, links: &Links<'_>, resolver: &mut Resolver<'_>) -> String {
    let name = &known.words.name;
    let mut code = "open_enum! {\n".to_owned();
    code.push_str(&text::doc("    ", &known.words.doc, links));
    code.push_str(&format!("    pub enum {name} {{\n"));
    let mut values = known.values.clone();
    values.sort();
    let mut variants = BTreeSet::new();
    for value in &values {
        let doc = match known.words.values.iter().find(|(known, _)| known == value) {
            Some((_, doc)) => doc.clone(),
            None if name == "EventType" => resolver.words.events.get(value).cloned().unwrap_or_default(),
            None => {
                resolver.undecided.push(format!("{name}: the value {value} is not in enums.txt"));
                String::new()
            }
        };
        let variant = variant(value);
        code.push_str(&text::doc("        ", &doc, links));
        code.push_str(&format!("        {variant} = {value:?},\n"));
        if !variants.insert(variant) {
            resolver.undecided.push(format!("{name}: two values would be the same variant: {value}"));
        }
    }
    code.push_str("    }\n}\n\n");
    code
}

/// The variant for a value.
fn variant(value: &str) -> String {
    match value {
        // `Unknown` is the variant for values that nobody knows.
        "unknown" => "UnknownToSeam".to_owned(),
        "=" => "Equal".to_owned(),
        _ => match value.strip_prefix('1') {
            Some(rest) => format!("One{}", pascal(rest)),
            None => pascal(value),
        },
    }
}

fn write_ids(words: &Words, links: &Links<'_>) -> File {
    let mut code = format!("{HEADER}\n//! The kinds of identifiers.\n\nuse crate::id::ids;\n\nids! {{\n");
    for id in &words.ids {
        code.push_str(&text::doc("    ", &id.doc, links));
        code.push_str(&format!("    {}\n", id.name));
    }
    code.push_str("}\n");
    File { path: format!("{SRC}/ids.rs"), code }
}
