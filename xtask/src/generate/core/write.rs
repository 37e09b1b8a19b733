//! Writes the file of a group of routes.

use std::collections::{BTreeMap, BTreeSet};

use seam_spec::Idempotency;

use super::{
    super::{
        code::{Code, Links, first_sentence},
        names::pascal,
        resolve::RustType,
    },
    plan::{Constructor, Endpoint, Form, Group, Output, Parameter, Part, last_segment},
};

pub(super) fn group(group: &Group<'_>, links: &Links<'_>) -> String {
    let Group { path, segment, name, doc, .. } = group;
    let is_top = path.matches('/').count() == 1;
    let mut code = Code::file(&format!("`{path}`: {}", lower_first(doc)), links);
    code.blank();
    for (child, _) in &group.children {
        code.line(format!("pub mod {};", last_segment(child)));
    }
    code.blank();
    write_imports(&mut code, group);
    code.doc(&format!("The routes below `{path}`.\n\n{doc}"));
    code.line("#[derive(Clone, Copy, Debug)]");
    code.block(format!("pub struct {name}<'a>"), |code| code.line("seam: &'a Seam,"));
    code.blank();
    if is_top {
        code.block("impl Seam", |code| {
            code.doc(&format!("{}: `{path}`.", first_sentence(doc).trim_end_matches('.')));
            code.line("#[must_use]");
            code.block(format!("pub fn {segment}(&self) -> {name}<'_>"), |code| {
                code.line(format!("{name} {{ seam: self }}"));
            });
        });
        code.blank();
    }
    // A lifetime that no method names needs no name.
    let names_lifetime = !group.children.is_empty() || !is_top;
    let head = if names_lifetime { format!("impl<'a> {name}<'a>") } else { format!("impl {name}<'_>") };
    code.block(head, |code| {
        if !is_top {
            code.line("pub(crate) fn new(seam: &'a Seam) -> Self { Self { seam } }");
            code.blank();
        }
        for (child, doc) in &group.children {
            let (segment, name) = (last_segment(child), pascal(last_segment(child)));
            code.doc(&format!("{}: `{child}`.", first_sentence(doc).trim_end_matches('.')));
            code.line("#[must_use]");
            code.block(format!("pub fn {segment}(&self) -> {segment}::{name}<'a>"), |code| {
                code.line(format!("{segment}::{name}::new(self.seam)"));
            });
            code.blank();
        }
        group.endpoints.iter().for_each(|endpoint| write_methods(code, endpoint));
    });
    code.blank();
    for endpoint in &group.endpoints {
        code.doc(&format!("The parameters of `{} {}`.", endpoint.route.method, endpoint.route.path));
        write_struct(&mut code, &endpoint.name, &endpoint.parameters);
        write_constructors(&mut code, endpoint);
        write_endpoint(&mut code, group, endpoint);
        write_setters(&mut code, endpoint);
    }
    group.parts.values().for_each(|part| write_part(&mut code, part));
    code.finish()
}

fn write_imports(code: &mut Code<'_>, group: &Group<'_>) {
    let mut uses: BTreeSet<&str> = BTreeSet::from(["Seam"]);
    let mut endpoints: BTreeSet<String> = BTreeSet::new();
    let mut kinds: BTreeSet<&str> = BTreeSet::new();
    for endpoint in &group.endpoints {
        uses.extend(["Call", "Endpoint", "Idempotency", "Spec"]);
        if endpoint.output.form != Form::Nothing {
            uses.insert("ResponseKey");
        }
        endpoints.extend(endpoint.credentials.map(|set| format!("endpoints::{}", set.name)));
        if !endpoint.parameters.is_empty() {
            uses.insert("Parameter");
        }
        if starts_action(endpoint) {
            uses.insert("StartsAction");
        }
        if endpoint.route.paginated {
            uses.extend(["Page", "Paged"]);
        }
        if !endpoint.settable.is_empty() {
            uses.insert("endpoint::setters");
        }
        endpoint.parameters.iter().for_each(|parameter| collect_kinds(&parameter.rust, &mut kinds));
    }
    if !group.endpoints.is_empty() {
        let imports: Vec<&str> = group.imports.iter().map(String::as_str).chain(["json_object"]).collect();
        code.line("use http::Method;");
        code.line(format!("use seam_model::{{{}}};", imports.join(", ")));
        code.blank();
    }
    let kinds =
        (!kinds.is_empty()).then(|| format!("ParameterKind::{{{}}}", kinds.into_iter().collect::<Vec<_>>().join(", ")));
    let uses: Vec<String> = uses.into_iter().map(str::to_owned).chain(endpoints).chain(kinds).collect();
    code.line(format!("use crate::{{{}}};", uses.join(", ")));
    code.blank();
}

/// The methods of the group that call a route.
fn write_methods(code: &mut Code<'_>, endpoint: &Endpoint<'_>) {
    let Endpoint { route, annotation, output, name, .. } = endpoint;
    for (index, constructor) in endpoint.constructors.iter().enumerate() {
        let (first, rest) = constructor.doc.split_once("\n\n").unwrap_or((&constructor.doc, ""));
        let mut paragraphs = vec![headline(first, &format!("{} {}", route.method, route.path))];
        if !rest.is_empty() {
            paragraphs.push(rest.to_owned());
        }
        if let Some(only) = &annotation.only {
            paragraphs.push(format!("Works only {only}."));
        }
        let waits = if starts_action(endpoint) {
            " [`and_wait`](Call::and_wait) sends it and waits until the action is done."
        } else {
            ""
        };
        let accepted = endpoint.credentials.map_or("Takes any credentials.", |set| &set.accepted);
        paragraphs.push(format!("{}{waits} {accepted}", output_in_words(output)));
        if index == 0 && !annotation.example.is_empty() {
            paragraphs.push(format!("```\n{}\n```", annotation.example));
        }
        if !annotation.errors.is_empty() {
            paragraphs.extend(["# Errors".to_owned(), annotation.errors.clone()]);
        }
        code.doc(&paragraphs.join("\n\n"));
        code.deprecated_function(endpoint.deprecated.as_ref());
        let taken = || taken(constructor, &endpoint.parameters);
        let arguments: String = taken().map(|p| format!(", {}: {}", p.ident, p.argument())).collect();
        let names = taken().map(|p| p.ident.as_str()).collect::<Vec<_>>().join(", ");
        code.block(format!("pub fn {}(&self{arguments}) -> Call<{name}>", constructor.method), |code| {
            code.line(format!("self.seam.call({name}::{}({names}))", constructor.name));
        });
        code.blank();
    }
}

fn taken<'p>(constructor: &'p Constructor, parameters: &'p [Parameter]) -> impl Iterator<Item = &'p Parameter> {
    constructor.taken.iter().filter_map(|index| parameters.get(*index))
}

/// A struct whose required fields come first, as `parameters` have them.
fn write_struct(code: &mut Code<'_>, name: &str, parameters: &[Parameter]) {
    code.line("#[derive(Clone, Debug)]");
    code.line("#[non_exhaustive]");
    code.block(format!("pub struct {name}"), |code| {
        for parameter in parameters {
            code.doc(&parameter.doc);
            code.deprecated(parameter.deprecated.as_ref());
            code.line(format!("pub {}: {},", parameter.ident, parameter.field_type()));
        }
    });
    code.blank();
    let (required, optional): (Vec<_>, Vec<_>) = parameters.iter().partition(|parameter| parameter.required);
    let required: Vec<String> = required.iter().map(|p| format!("{}: {}", p.ident, p.field_type())).collect();
    let optional: Vec<String> = optional.iter().map(|p| p.ident.clone()).collect();
    code.json_object(&format!("@without_new {name}"), &required, &optional, "");
}

fn write_constructors(code: &mut Code<'_>, endpoint: &Endpoint<'_>) {
    code.block(format!("impl {}", endpoint.name), |code| {
        for constructor in &endpoint.constructors {
            let taken: Vec<&Parameter> = taken(constructor, &endpoint.parameters).collect();
            code.doc(&match (endpoint.constructors.len(), taken.is_empty()) {
                (_, true) => "Without any parameter.".to_owned(),
                (1, false) => "With what is required.".to_owned(),
                _ => {
                    let names: Vec<String> = taken.iter().map(|p| format!("`{}`", p.field.name)).collect();
                    format!("By {}.", join_and(&names))
                }
            });
            code.deprecated(endpoint.deprecated.as_ref());
            write_constructor(code, &constructor.name, &taken, &endpoint.parameters);
        }
    });
    code.blank();
}

fn write_constructor(code: &mut Code<'_>, name: &str, taken: &[&Parameter], parameters: &[Parameter]) {
    let arguments: Vec<String> = taken.iter().map(|p| format!("{}: {}", p.ident, p.argument())).collect();
    let field = |parameter: &Parameter| {
        let is_taken = taken.iter().any(|taken| taken.field.name == parameter.field.name);
        let value = if is_taken { parameter.given() } else { parameter.absent().to_owned() };
        if value == parameter.ident { value } else { format!("{}: {value}", parameter.ident) }
    };
    let fields: Vec<String> = parameters.iter().map(field).collect();
    if parameters.iter().any(|parameter| parameter.deprecated.is_some()) {
        code.line("#[allow(deprecated, reason = \"all fields are initialized\")]");
    }
    code.line("#[must_use]");
    code.block(format!("pub fn {name}({}) -> Self", arguments.join(", ")), |code| {
        code.line(format!("Self {{ {} }}", fields.join(", ")));
    });
    code.blank();
}

/// A struct that is a part of a request, with a constructor and setters of its own.
fn write_part(code: &mut Code<'_>, part: &Part) {
    code.doc(&part.doc);
    write_struct(code, &part.name, &part.parameters);
    code.block(format!("impl {}", part.name), |code| {
        let taken: Vec<&Parameter> = part.parameters.iter().filter(|parameter| parameter.required).collect();
        code.doc(if taken.is_empty() { "Without anything yet." } else { "With what is required." });
        write_constructor(code, "new", &taken, &part.parameters);
        for parameter in part.parameters.iter().filter(|parameter| !parameter.required) {
            let name = &parameter.ident;
            code.doc(&parameter.doc);
            code.deprecated_function(parameter.deprecated.as_ref());
            code.line("#[must_use]");
            code.block(format!("pub fn {name}(mut self, {name}: {}) -> Self", parameter.argument()), |code| {
                code.line(format!("self.{name} = {};", parameter.given()));
                code.line("self");
            });
            code.blank();
        }
    });
    code.blank();
}

fn write_endpoint(code: &mut Code<'_>, group: &Group<'_>, endpoint: &Endpoint<'_>) {
    let Endpoint { route, annotation, parameters, name, output, .. } = endpoint;
    let (idempotency, class) = match annotation.idempotency {
        Idempotency::ReadOnly => ("ReadOnly", "Read"),
        Idempotency::Idempotent => ("Idempotent", "Idempotent"),
        Idempotency::NonIdempotent => ("NonIdempotent", "An action"),
    };
    code.block(format!("impl Endpoint for {name}"), |code| {
        code.line(format!("type Output = {};", output_type(group, output)));
        if !annotation.reason.is_empty() {
            code.comment(&format!("{class}, since {}", annotation.reason));
        }
        code.line(format!("const SPEC: &'static Spec = &{};", spec(endpoint, idempotency)));
    });
    code.blank();
    if starts_action(endpoint) {
        code.line(format!("impl StartsAction for {name} {{}}"));
        code.blank();
    }
    if route.paginated {
        let cursor = parameters.iter().find(|parameter| parameter.field.name == "page_cursor");
        let is_nullable = cursor.is_some_and(|cursor| cursor.field.schema.nullable);
        code.block(format!("impl Paged for {name}"), |code| {
            code.line(format!("type Item = {};", item_type(group, output)));
            code.blank();
            code.block("fn page_cursor(&self) -> Option<&str>", |code| code.line("self.page_cursor.as_deref()"));
            code.blank();
            code.block("fn set_page_cursor(&mut self, cursor: String)", |code| {
                code.line(format!(
                    "self.page_cursor = {};",
                    if is_nullable { "Patch::Value(cursor)" } else { "Some(cursor)" }
                ));
            });
        });
        code.blank();
    }
}

/// The expression that makes the `Spec` of a route.
fn spec(endpoint: &Endpoint<'_>, idempotency: &str) -> String {
    let Endpoint { route, annotation, parameters, output, .. } = endpoint;
    let mut calls = vec![format!("Spec::new(Method::{}, {:?}, Idempotency::{idempotency})", route.method, route.path)];
    match output.form {
        Form::Nothing => {}
        Form::Optional => calls.push(format!("response_key(ResponseKey::Optional({:?}))", output.key)),
        Form::One | Form::List | Form::Page => {
            calls.push(format!("response_key(ResponseKey::Required({:?}))", output.key));
        }
    }
    if route.paginated {
        calls.push("paginated()".to_owned());
    }
    if let Some(set) = endpoint.credentials {
        calls.push(format!("credentials({})", set.name));
    }
    if !parameters.is_empty() {
        let parameter = |parameter: &Parameter| {
            let how = if parameter.required { "required" } else { "optional" };
            format!("Parameter::{how}({:?}, {})", parameter.field.name, parameter_kind(&parameter.rust))
        };
        calls.push(format!("parameters(&[{}])", parameters.iter().map(parameter).collect::<Vec<_>>().join(", ")));
    }
    let selectors = annotation.selectors.iter().map(|selector| selector.parameters.clone());
    // One selector is the required parameters.
    let selectors = selectors.filter(|_| annotation.selectors.len() > 1);
    let ways = selectors.chain(annotation.any_of.iter().map(|name| vec![name.clone()]));
    let ways: Vec<String> = ways.map(|names| format!("&{names:?}")).collect();
    if !ways.is_empty() {
        calls.push(format!("selectors(&[{}])", ways.join(", ")));
    }
    if !endpoint.echoes.is_empty() {
        calls.push(format!("echoes(&{:?})", endpoint.echoes));
    }
    calls.join(".")
}

/// The kind of a parameter as `seam_core::ParameterKind` has it.
fn parameter_kind(rust: &RustType) -> String {
    match rust {
        RustType::List(item) => format!("ListOf(&{})", parameter_kind(item)),
        other => plain_kind(other).to_owned(),
    }
}

fn plain_kind(rust: &RustType) -> &'static str {
    match rust {
        RustType::Bool => "Boolean",
        RustType::U32 | RustType::I64 => "Integer",
        RustType::F64 => "Number",
        RustType::String | RustType::TimeOfDay | RustType::IsoDuration | RustType::Enum(_) => "Text",
        RustType::Id(_) => "Id",
        RustType::Secret(_) => "Secret",
        RustType::Timestamp => "Time",
        RustType::Struct(_) | RustType::Json | RustType::CustomMetadata => "Object",
        RustType::List(_) => "ListOf",
    }
}

fn collect_kinds(rust: &RustType, kinds: &mut BTreeSet<&'static str>) {
    kinds.insert(plain_kind(rust));
    if let RustType::List(item) = rust {
        collect_kinds(item, kinds);
    }
}

/// The documentation of a setter, what to use instead if it is deprecated, and its line in the macro.
type Setter<'p> = (String, Option<&'p String>, String);

/// The setters of a call.
fn write_setters(code: &mut Code<'_>, endpoint: &Endpoint<'_>) {
    if endpoint.settable.is_empty() {
        return;
    }
    // By the sections of the macro, in its order.
    let mut sections: BTreeMap<(u8, &str), Vec<Setter<'_>>> = BTreeMap::new();
    for parameter in endpoint.settable.iter().filter_map(|index| endpoint.parameters.get(*index)) {
        let (section, rust) = match &parameter.rust {
            rust if rust.is_plain() => ((1, ""), rust.to_string()),
            RustType::List(item) => ((3, "list"), item.to_string()),
            RustType::CustomMetadata => ((4, "map"), parameter.rust.to_string()),
            rust => ((2, "into"), rust.to_string()),
        };
        let setter = format!("{}: {rust},", parameter.ident);
        sections.entry(section).or_default().push((parameter.doc.clone(), parameter.deprecated.as_ref(), setter));
        if parameter.field.schema.nullable {
            let name = parameter.field.name;
            let doc = format!("Sends `null` for [`{name}`](Self::{name}), which takes the value away.");
            let setter = format!("{}: clear_{name},", parameter.ident);
            sections.entry((5, "null")).or_default().push((doc, parameter.deprecated.as_ref(), setter));
        }
    }
    let plain = sections.remove(&(1, "")).unwrap_or_default();
    let write = |code: &mut Code<'_>, setters: Vec<Setter<'_>>| {
        for (doc, deprecated, setter) in setters {
            code.doc(&doc);
            code.deprecated(deprecated);
            code.line(setter);
        }
    };
    code.block("setters!", |code| {
        code.open(&endpoint.name);
        write(code, plain);
        for ((_, section), setters) in sections {
            code.close_open(section);
            write(code, setters);
        }
        code.close();
    });
    code.blank();
}

/// Whether a route returns an action attempt, perhaps beside something else.
fn starts_action(endpoint: &Endpoint<'_>) -> bool {
    endpoint.route.response.iter().any(|field| field.name == "action_attempt")
        || endpoint.output.key == "action_attempt"
}

/// The type of the result or of an item, as it is named in the file.
fn item_type(group: &Group<'_>, output: &Output) -> String {
    // A group may have the name of what it is about.
    if output.rust == group.name { format!("seam_model::{}", output.rust) } else { output.rust.clone() }
}

fn output_type(group: &Group<'_>, output: &Output) -> String {
    let rust = item_type(group, output);
    match output.form {
        Form::Nothing => "()".to_owned(),
        Form::One => rust,
        Form::Optional => format!("Option<{rust}>"),
        Form::List => format!("Vec<{rust}>"),
        Form::Page => format!("Page<{rust}>"),
    }
}

/// What awaiting a call returns, in words.
fn output_in_words(output: &Output) -> String {
    let name = format!("`{}`", output.rust);
    match output.form {
        Form::Nothing => "The answer is only that it worked.".to_owned(),
        Form::One => format!("The answer is {name}."),
        Form::Optional => format!("The answer is {name}, if Seam gives one."),
        Form::List => format!("The answer is a list of {name}."),
        Form::Page => format!(
            "Awaiting the call gives one [`Page`] of {name}; [`items`](Call::items) and [`pages`](Call::pages) give \
             all of them."
        ),
    }
}

/// The first sentence of a method, with its route.
fn headline(text: &str, route: &str) -> String {
    let first = first_sentence(text);
    let rest = text.strip_prefix(first).unwrap_or_default();
    format!("{}: `{route}`.{rest}", first.trim_end_matches('.'))
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_lowercase().collect::<String>()).unwrap_or_default();
    first_sentence(&(first + letters.as_str())).to_owned()
}

fn join_and(names: &[String]) -> String {
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}
