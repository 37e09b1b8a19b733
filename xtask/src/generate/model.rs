//! Writes the resources, events and open enums of `seam-model`.

use std::collections::{BTreeMap, BTreeSet};

use seam_spec::{Annotations, ApiDescription, Field, Kind, Location, Resource, Route, TypeAnnotation};

use super::{
    File,
    code::{Code, Links, first_sentence},
    names::{Scope, identifier, pascal},
    resolve::{Defined, Resolver, RustType, flatten, flatten_field, merged_fields},
};

const SRC: &str = "crates/seam-model/src";

/// A planned struct.
struct Struct {
    annotation: TypeAnnotation,
    file: String,
    members: BTreeMap<&'static str, Member>,
    required: Vec<&'static str>,
}

/// A planned field.
#[derive(Clone, PartialEq)]
struct Member {
    rust: String,
    import: Option<String>,
    /// Whether it is an open enum, which accepts any string.
    is_enum: bool,
    doc: String,
    /// The replacement, if it is deprecated.
    deprecated: Option<String>,
    location: Location,
}

impl Struct {
    /// Adds the fields of another path with this type. Reports fields whose types differ.
    fn merge(
        &mut self,
        path: &str,
        members: BTreeMap<&'static str, Member>,
        annotation: &TypeAnnotation,
        resolver: &mut Resolver<'_>,
    ) {
        for (name, member) in members {
            let Some(known) = self.members.get_mut(name) else {
                self.members.insert(name, member);
                continue;
            };
            // A field is deprecated in the struct only if it is deprecated at all paths.
            if member.deprecated.is_none() {
                known.deprecated = None;
            }
            if member.is_enum && is_string(&known.rust) {
                *known = member;
            } else if known.rust != member.rust && !(known.is_enum && is_string(&member.rust)) {
                let (name_of_struct, here, elsewhere) = (&annotation.name, &member.rust, &known.rust);
                resolver.problem(
                    annotation.location,
                    format!("{path}.{name}: `{here}` here and `{elsewhere}` elsewhere, so the two are not both {name_of_struct}"),
                );
            }
        }
    }
}

/// A planned enum.
struct Enum<'a> {
    annotation: &'a TypeAnnotation,
    file: String,
    values: Vec<&'static str>,
}

/// The events of one family, such as `lock.locked` and `lock.unlocked`.
struct Event {
    name: String,
    value: &'static str,
    doc: String,
    /// The replacement, if it is deprecated.
    deprecated: Option<String>,
}

#[derive(Default)]
struct Model<'a> {
    structs: BTreeMap<String, Struct>,
    enums: BTreeMap<String, Enum<'a>>,
    events: Vec<Event>,
    /// The paths of deprecated values.
    deprecated: BTreeSet<String>,
}

/// Returns the files. Reports problems to `resolver`.
pub(super) fn files(
    api: &ApiDescription,
    annotations: &Annotations,
    resolver: &mut Resolver<'_>,
    links: &Links<'_>,
) -> Vec<File> {
    let mut model = Model { deprecated: api.deprecated(), ..Model::default() };
    let mut own = Resolver::new(annotations);
    for resource in api.resources() {
        match resource.name {
            "event" => model.add_events(api, &mut own),
            "action_attempt" => model.add_action_attempt(resource, &mut own),
            name => match TypeAnnotation::find(&annotations.types, name) {
                Some(found) => {
                    let fields = merged_fields(&resource.schema, resource.location);
                    model.add_struct(&mut own, name, found, name, &fields);
                }
                None => own.problem(resource.location, format!("{name}: the resource has no section in types.txt")),
            },
        }
    }
    for route in api.routes() {
        model.add_enums_of(route, &mut own);
    }
    model.complete(api, annotations, &mut own);
    let mut files = model.write(api, links, &mut own);
    files.push(write_ids(annotations, links));
    resolver.problems.append(&mut own.problems);
    files
}

impl<'a> Model<'a> {
    /// Defines a struct, and the types of its fields, in a file.
    fn add_struct(
        &mut self,
        resolver: &mut Resolver<'a>,
        file: &str,
        annotation: &TypeAnnotation,
        path: &str,
        fields: &[Field],
    ) {
        // A part that is itself a resource is defined in the resource's file.
        let file = annotation.at.iter().find(|at| !at.contains(['.', '/'])).map_or(file, String::as_str);
        let required = required(annotation, path, fields);
        let mut members = BTreeMap::new();
        let mut parts = Vec::new();
        for field in fields {
            let path = format!("{path}.{}", field.name);
            let member = member(&path, field, required.contains(&field.name), resolver, &mut parts);
            members.insert(field.name, member);
        }
        let known = self.structs.entry(annotation.name.clone()).or_insert_with(|| Struct {
            annotation: annotation.clone(),
            file: file.to_owned(),
            members: BTreeMap::new(),
            required: required.clone(),
        });
        known.required.retain(|name| required.contains(name));
        known.merge(path, members, annotation, resolver);
        self.add_parts(resolver, file, parts);
    }

    fn add_parts(&mut self, resolver: &mut Resolver<'a>, file: &str, parts: Vec<Defined<'a>>) {
        for part in parts {
            match part {
                Defined::Struct { annotation, path, fields } => {
                    self.add_struct(resolver, file, annotation, &path, &fields);
                }
                Defined::Enum { annotation, values } => {
                    let known = self.enums.entry(annotation.name.clone()).or_insert_with(|| Enum {
                        annotation,
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

    /// Adds the payload of each event type. `Event` has the common fields.
    fn add_events(&mut self, api: &ApiDescription, resolver: &mut Resolver<'a>) {
        for event in api.events() {
            let value = event.event_type;
            let family = value.split('.').next().unwrap_or(value);
            let Some(doc) = resolver.annotations.events.get(value) else {
                let location = api.resource("event").map(|event| event.location).unwrap_or_default();
                resolver.problem(location, format!("{value}: not in events.txt"));
                continue;
            };
            let name = pascal(value);
            let location = event.variant.fields.first().map(|field| field.location).unwrap_or_default();
            let path = format!("event.event_type.{value}");
            let deprecated = resolver.deprecation(&path, location, event.variant.deprecated);
            self.events.push(Event { name: name.clone(), value, doc: doc.clone(), deprecated });
            let mut fields: Vec<Field> = event.variant.fields.iter().map(flatten_field).collect();
            fields.retain(|field| field.name != "event_description");
            // The id of the event's subject is required: without it, the payload does not match the event type.
            let own_id = format!("{family}_id");
            // Locks, thermostats and so on are devices.
            let is_of_its_own = fields.iter().any(|field| field.name == own_id);
            let subject = if is_of_its_own { own_id } else { "device_id".to_owned() };
            let annotation =
                TypeAnnotation { name, required: Some(vec![subject]), doc: doc.clone(), ..TypeAnnotation::default() };
            let path = format!("event.{}", value.replace('.', "_"));
            self.add_struct(resolver, &format!("events/{family}"), &annotation, &path, &fields);
        }
    }

    /// Adds the enums of action attempts, and the result that is not a resource. The other types are written by hand.
    fn add_action_attempt(&mut self, resource: &Resource, resolver: &mut Resolver<'a>) {
        let Kind::Variants { variants, .. } = &resource.schema.kind else { return };
        let mut parts = Vec::new();
        for variant in variants {
            for field in &variant.fields {
                let is_scan = variant.fields.iter().any(|field| match &field.schema.kind {
                    Kind::Enum(values) => field.name == "action_type" && values == &["SCAN_CREDENTIAL"],
                    _ => false,
                });
                let is_result = is_scan && field.name == "result" && field.schema.kind != Kind::Any;
                if is_result || matches!(field.name, "action_type" | "status") {
                    let path = format!("action_attempt.{}", field.name);
                    let schema = flatten(&field.schema, field.location);
                    resolver.resolve(&path, field.location, &schema, &mut parts);
                }
            }
        }
        self.add_parts(resolver, "action_attempt", parts);
    }

    /// Adds the enums of a route's parameters. The structs belong to `seam-core`.
    fn add_enums_of(&mut self, route: &Route, resolver: &mut Resolver<'a>) {
        let fields = merged_fields(&route.parameters, route.location);
        let mut open: Vec<(String, Vec<Field>)> = vec![(route.path.to_owned(), fields)];
        let mut silent = Resolver::new(resolver.annotations);
        while let Some((path, fields)) = open.pop() {
            for field in fields {
                let mut parts = Vec::new();
                silent.resolve(&format!("{path}.{}", field.name), field.location, &field.schema, &mut parts);
                for part in parts {
                    match part {
                        Defined::Struct { path, fields, .. } => open.push((path, fields)),
                        Defined::Enum { .. } => self.add_parts(&mut silent, "parameter", vec![part]),
                    }
                }
            }
        }
    }

    /// Adds values that the description does not list in the enum itself.
    fn complete(&mut self, api: &ApiDescription, annotations: &Annotations, resolver: &mut Resolver<'a>) {
        if let Some(actions) = self.enums.get_mut("ActionType") {
            for action in api.routes().iter().filter_map(|route| route.action_type) {
                if !actions.values.contains(&action) {
                    actions.values.push(action);
                }
            }
        }
        if let Some(types) = self.enums.get_mut("EventType") {
            for value in self.events.iter().map(|event| event.value) {
                if !types.values.contains(&value) {
                    types.values.push(value);
                }
            }
            for value in &types.values {
                if !annotations.events.contains_key(value) {
                    resolver.problem(types.annotation.location, format!("{value}: not in events.txt"));
                }
            }
        }
    }

    fn write(&self, api: &ApiDescription, links: &Links<'_>, resolver: &mut Resolver<'a>) -> Vec<File> {
        let homes: BTreeSet<&str> = self
            .structs
            .values()
            .map(|known| known.file.as_str())
            .chain(self.enums.values().map(|known| known.file.as_str()))
            .collect();
        let mut files = Vec::new();
        for (folder, about) in [
            ("events", "Event payloads, one module per event family."),
            ("resources", "The resources of the API, one module each, with their structs and enums."),
        ] {
            let of_folder = |home: &&str| home.starts_with("events/") == (folder == "events");
            let homes: Vec<&str> = homes.iter().copied().filter(of_folder).collect();
            let mut code = Code::file(about, links);
            code.blank();
            for home in &homes {
                code.line(format!("mod {};", file_name(home)));
            }
            code.blank();
            for home in &homes {
                let structs = self.structs.iter().filter(|(_, known)| known.file == *home).map(|(name, _)| name);
                let enums = self.enums.iter().filter(|(_, known)| known.file == *home).map(|(name, _)| name);
                let mut exported: Vec<&str> = structs.chain(enums).map(String::as_str).collect();
                exported.sort_unstable();
                code.line(format!("pub use {}::{{{}}};", file_name(home), exported.join(", ")));
            }
            if folder == "events" {
                self.write_payloads(&mut code);
            }
            files.push(File { path: format!("{SRC}/{folder}/mod.rs"), code: code.finish() });
            for home in homes {
                let path = format!("{SRC}/{folder}/{}.rs", file_name(home));
                files.push(File { path, code: self.write_file(home, api, links, resolver) });
            }
        }
        files
    }

    fn write_file(&self, home: &str, api: &ApiDescription, links: &Links<'_>, resolver: &mut Resolver<'a>) -> String {
        let structs: Vec<&Struct> = self.structs.values().filter(|known| known.file == home).collect();
        let enums: Vec<&Enum<'_>> = self.enums.values().filter(|known| known.file == home).collect();
        let about = match home {
            "parameter" => "Enums that only parameters use.".to_owned(),
            "action_attempt" => "The enums of action attempts, and the result of a card scan.".to_owned(),
            home => {
                let annotation =
                    api.resource(home).and_then(|_| TypeAnnotation::find(&resolver.annotations.types, home));
                match (home.strip_prefix("events/"), annotation) {
                    (Some(family), _) => format!("The payloads of the events `{family}.*`."),
                    (None, Some(annotation)) => first_sentence(&annotation.doc).to_owned(),
                    (None, None) => "Parts of resources.".to_owned(),
                }
            }
        };
        let mut imports: BTreeSet<&str> = BTreeSet::new();
        for known in &structs {
            imports.extend(known.members.values().filter_map(|member| member.import.as_deref()));
        }
        let defined = structs.iter().map(|known| &known.annotation.name);
        for name in defined.chain(enums.iter().map(|known| &known.annotation.name)) {
            imports.remove(name.as_str());
        }
        let mut imports: Vec<&str> = imports.into_iter().collect();
        if !structs.is_empty() {
            imports.push("object::model");
        }
        if !enums.is_empty() {
            imports.push("open_enum::open_enum");
        }
        let mut code = Code::file(&about, links);
        code.blank();
        code.line(format!("use crate::{{{}}};", imports.join(", ")));
        code.blank();
        // The resource itself first.
        let is_root = |known: &&&Struct| known.annotation.at.iter().any(|at| at == home);
        let ordered = structs.iter().filter(is_root).chain(structs.iter().filter(|known| !is_root(known)));
        ordered.for_each(|known| write_struct(&mut code, known, resolver));
        enums.iter().for_each(|known| write_enum(&mut code, known, &self.deprecated, resolver));
        code.finish()
    }

    /// Writes the list of events, from which the macro derives the enums and the conversions between them.
    fn write_payloads(&self, code: &mut Code<'_>) {
        code.blank();
        code.block("crate::event_payload::events!", |code| {
            for event in &self.events {
                code.doc(&event.doc);
                code.deprecated(event.deprecated.as_ref());
                code.line(format!("{} = {:?},", event.name, event.value));
            }
        });
    }
}

/// Returns the file name: `lock` for `events/lock`.
fn file_name(home: &str) -> &str {
    home.strip_prefix("events/").unwrap_or(home)
}

/// Plans a field, and adds the types that it requires to `parts`.
fn member<'a>(
    path: &str,
    field: &Field,
    is_required: bool,
    resolver: &mut Resolver<'a>,
    parts: &mut Vec<Defined<'a>>,
) -> Member {
    let resolved = resolver.resolve(path, field.location, &field.schema, parts);
    let rust = match &resolved {
        _ if is_required => resolved.to_string(),
        RustType::List(_) | RustType::CustomMetadata => resolved.to_string(),
        RustType::Struct(_) => format!("Option<Box<{resolved}>>"),
        _ => format!("Option<{resolved}>"),
    };
    Member {
        rust,
        import: resolved.import(),
        is_enum: matches!(resolved, RustType::Enum(_)),
        doc: resolver.meaning(path, field),
        deprecated: resolver.deprecation(path, field.location, field.deprecated),
        location: field.location,
    }
}

/// Whether a field is a string, which an open enum can replace.
fn is_string(rust: &str) -> bool {
    matches!(rust, "String" | "Option<String>")
}

/// Returns the required fields of a struct: by default its own id.
fn required(annotation: &TypeAnnotation, path: &str, fields: &[Field]) -> Vec<&'static str> {
    let names: Vec<String> = match &annotation.required {
        Some(names) => names.clone(),
        None => {
            let own = annotation.at.first().map_or(path, String::as_str);
            let own = own.strip_prefix("unmanaged_").unwrap_or(own);
            vec![format!("{own}_id")]
        }
    };
    fields
        .iter()
        .filter(|field| names.iter().any(|name| name == field.name))
        .filter(|field| field.required || annotation.required.is_some())
        .map(|field| field.name)
        .collect()
}

fn write_struct(code: &mut Code<'_>, known: &Struct, resolver: &mut Resolver<'_>) {
    let name = &known.annotation.name;
    let required = known.required.iter().filter_map(|name| Some((*name, known.members.get(name)?)));
    let optional = known.members.iter().map(|(name, member)| (*name, member));
    let optional = optional.filter(|(name, _)| !known.required.contains(name));
    let mut fields = Scope::new(format!("the fields and setters of `{name}`"));
    fields.reserve("extra", "the field for unknown fields");
    fields.reserve("new", "the constructor");
    code.block("model!", |code| {
        code.doc(&known.annotation.doc);
        code.block(format!("pub struct {name}"), |code| {
            for (name, member) in required.chain(optional) {
                fields.add(name, member.location, "a field", resolver);
                code.doc(&member.doc);
                code.deprecated(member.deprecated.as_ref());
                if known.required.contains(&name) {
                    code.line("#[required]");
                }
                code.line(format!("pub {}: {},", field_name(name), member.rust));
            }
        });
    });
    code.blank();
}

/// Returns a field name as an identifier. The caller reports invalid names.
fn field_name(name: &str) -> String {
    identifier(name).unwrap_or_default()
}

fn write_enum(code: &mut Code<'_>, known: &Enum<'_>, deprecated: &BTreeSet<String>, resolver: &mut Resolver<'_>) {
    let name = &known.annotation.name;
    let location = known.annotation.location;
    let mut values = known.values.clone();
    values.sort_unstable();
    let mut variants = Scope::new(format!("the variants of `{name}`"));
    variants.reserve("Unknown", "the variant for unknown values");
    code.block("open_enum!", |code| {
        code.doc(&known.annotation.doc);
        code.block(format!("pub enum {name}"), |code| {
            for value in values {
                let doc = match known.annotation.values.iter().find(|(known, _)| known == value) {
                    Some((_, doc)) => doc.clone(),
                    None if name == "EventType" => resolver.annotations.events.get(value).cloned().unwrap_or_default(),
                    None => {
                        resolver.problem(location, format!("{name}: the value {value} is not in enums.txt"));
                        String::new()
                    }
                };
                let variant = variant(value);
                variants.add(&variant, location, &format!("the value {value:?}"), resolver);
                let mut paths = known.annotation.at.iter().map(|at| format!("{at}.{value}"));
                let path = paths.find(|path| deprecated.contains(path));
                code.doc(&doc);
                code.deprecated(path.and_then(|path| resolver.deprecation(&path, location, true)).as_ref());
                code.line(format!("{variant} = {value:?},"));
            }
        });
    });
    code.blank();
}

/// Returns the variant for a value.
fn variant(value: &str) -> String {
    match value {
        // `Unknown` is the variant for values that this version does not define.
        "unknown" => "UnknownToSeam".to_owned(),
        "=" => "Equal".to_owned(),
        _ => match value.strip_prefix('1') {
            Some(rest) => format!("One{}", pascal(rest)),
            None => pascal(value),
        },
    }
}

fn write_ids(annotations: &Annotations, links: &Links<'_>) -> File {
    let mut code = Code::file("Id types.", links);
    code.blank();
    code.line("use crate::id::ids;");
    code.blank();
    code.block("ids!", |code| {
        for id in &annotations.ids {
            code.doc(&id.doc);
            code.line(id.name);
        }
    });
    File { path: format!("{SRC}/ids.rs"), code: code.finish() }
}
