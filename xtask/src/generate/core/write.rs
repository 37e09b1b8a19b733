//! Writes the file of a group of routes.

use std::collections::BTreeSet;

use seam_spec::Idempotency;

use super::{
    super::{
        code::{Code, Links, first_sentence},
        names::pascal,
    },
    plan::{Constructor, Endpoint, Form, Group, Output, Parameter, Part, last_segment},
};

pub(super) fn group(group: &Group<'_>, links: &Links<'_>) -> String {
    let Group { path, segment, name, doc, .. } = group;
    let is_top = path.matches('/').count() == 1;
    let mut code = Code::file(&format!("Routes under `{path}`. {}", first_sentence(doc)), links);
    code.blank();
    for (child, _) in &group.children {
        code.line(format!("pub mod {};", last_segment(child)));
    }
    code.blank();
    write_imports(&mut code, group);
    code.doc(&format!("The routes under `{path}`.\n\n{doc}"));
    code.line("#[derive(Clone, Copy, Debug)]");
    code.block(format!("pub struct {name}<'a>"), |code| code.line("seam: &'a Seam,"));
    code.blank();
    if is_top {
        code.block("impl Seam", |code| {
            code.doc(&format!("Returns the routes under `{path}`. {}", first_sentence(doc)));
            code.line("#[must_use]");
            code.block(format!("pub fn {segment}(&self) -> {name}<'_>"), |code| {
                code.line(format!("{name} {{ seam: self }}"));
            });
        });
        code.blank();
    }
    // Clippy requires an anonymous lifetime if no method uses it.
    let names_lifetime = !group.children.is_empty() || !is_top;
    let head = if names_lifetime { format!("impl<'a> {name}<'a>") } else { format!("impl {name}<'_>") };
    code.block(head, |code| {
        if !is_top {
            code.line("pub(crate) fn new(seam: &'a Seam) -> Self { Self { seam } }");
            code.blank();
        }
        for (child, doc) in &group.children {
            let (segment, name) = (last_segment(child), pascal(last_segment(child)));
            code.doc(&format!("Returns the routes under `{child}`. {}", first_sentence(doc)));
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
        write_endpoint(&mut code, group, endpoint);
    }
    group.parts.values().for_each(|part| write_part(&mut code, part));
    code.finish()
}

fn write_imports(code: &mut Code<'_>, group: &Group<'_>) {
    let mut uses: BTreeSet<&str> = BTreeSet::from(["Seam"]);
    let mut endpoints: BTreeSet<String> = BTreeSet::new();
    for endpoint in &group.endpoints {
        uses.extend(["Call", "Idempotency", "Spec", "request_macro::request"]);
        if endpoint.output.form != Form::Nothing {
            uses.insert("ResponseKey");
        }
        endpoints.extend(endpoint.credentials.map(|set| format!("endpoints::{}", set.name)));
        if starts_action(endpoint) {
            uses.extend(["StartsAction", "endpoint::sealed"]);
        }
    }
    if !group.parts.is_empty() {
        uses.insert("request_macro::request_part");
    }
    if !group.endpoints.is_empty() {
        code.line("use http::Method;");
    }
    if !group.imports.is_empty() {
        let imports: Vec<&str> = group.imports.iter().map(String::as_str).collect();
        code.line(format!("use seam_model::{{{}}};", imports.join(", ")));
    }
    code.blank();
    let uses: Vec<String> = uses.into_iter().map(str::to_owned).chain(endpoints).collect();
    code.line(format!("use crate::{{{}}};", uses.join(", ")));
    code.blank();
}

/// Writes the methods of the group that call a route.
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
            " [`and_wait`](Call::and_wait) sends the request and waits until the action has finished."
        } else {
            ""
        };
        let accepted = endpoint.credentials.map_or("Accepts any credentials.", |set| &set.accepted);
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
        // Compiled by the crates that call it.
        code.line("#[inline]");
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

/// Writes the fields of a struct in the syntax of the macros.
fn write_fields(code: &mut Code<'_>, parameters: &[Parameter], selecting: &[usize]) {
    for (index, parameter) in parameters.iter().enumerate() {
        code.doc(&parameter.doc);
        code.deprecated(parameter.deprecated.as_ref());
        if parameter.required {
            code.line("#[required]");
        } else if selecting.contains(&index) {
            code.line("#[selector]");
        } else if parameter.field.schema.nullable {
            code.line(format!("#[clear(clear_{})]", parameter.field.name));
        }
        code.line(format!("pub {}: {},", parameter.ident, parameter.field_type()));
    }
}

/// Writes a struct that is a part of a request.
fn write_part(code: &mut Code<'_>, part: &Part) {
    code.block("request_part!", |code| {
        code.doc(&part.doc);
        code.block(format!("pub struct {}", part.name), |code| write_fields(code, &part.parameters, &[]));
    });
    code.blank();
}

fn write_endpoint(code: &mut Code<'_>, group: &Group<'_>, endpoint: &Endpoint<'_>) {
    let Endpoint { route, annotation, parameters, name, output, .. } = endpoint;
    let (idempotency, class) = match annotation.idempotency {
        Idempotency::ReadOnly => ("ReadOnly", "Read"),
        Idempotency::Idempotent => ("Idempotent", "Idempotent"),
        Idempotency::NonIdempotent => ("NonIdempotent", "Not idempotent"),
    };
    code.block("request!", |code| {
        let methods: Vec<String> = endpoint
            .constructors
            .iter()
            .map(|constructor| format!("[`{}::{}`]", group.name, constructor.method))
            .collect();
        code.doc(&format!("The parameters of `{} {}`. Created by {}.", route.method, route.path, methods.join(" or ")));
        code.deprecated(endpoint.deprecated.as_ref());
        if parameters.is_empty() {
            code.line(format!("pub struct {name} {{}}"));
        } else {
            code.block(format!("pub struct {name}"), |code| write_fields(code, parameters, &endpoint.selecting));
        }
        // A single constructor is the default `new`, which takes the required parameters.
        for constructor in endpoint.constructors.iter().filter(|_| endpoint.constructors.len() > 1) {
            let names: Vec<&str> = taken(constructor, parameters).map(|parameter| parameter.ident.as_str()).collect();
            code.line(format!("fn {}({});", constructor.name, names.join(", ")));
        }
        code.blank();
        let item = item_type(group, output);
        match output.form {
            Form::Nothing => code.line("type Output = ();"),
            Form::One => code.line(format!("type Output = {item};")),
            Form::Optional => code.line(format!("type Output = Option<{item}>;")),
            Form::List => code.line(format!("type Output = Vec<{item}>;")),
            Form::Page => code.line(format!("type Item = {item};")),
        }
        if !annotation.reason.is_empty() {
            code.comment(&format!("{class}, since {}", annotation.reason));
        }
        write_spec(code, endpoint, idempotency);
    });
    code.blank();
    if starts_action(endpoint) {
        code.line(format!("impl sealed::StartsAction for {name} {{}}"));
        code.blank();
        code.line(format!("impl StartsAction for {name} {{}}"));
        code.blank();
    }
}

/// Writes the `Spec` of a route. The macro adds the parameters, and the selectors from the constructors.
fn write_spec(code: &mut Code<'_>, endpoint: &Endpoint<'_>, idempotency: &str) {
    let Endpoint { route, annotation, output, .. } = endpoint;
    let quoted = |names: &[&str]| names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>();
    // Each call with its arguments, which may need separate lines.
    let mut calls: Vec<(String, Vec<String>, &str)> = Vec::new();
    match output.form {
        Form::Nothing => {}
        Form::Optional => {
            calls.push((format!("with_response_key(ResponseKey::Optional({:?}))", output.key), Vec::new(), ""));
        }
        Form::One | Form::List | Form::Page => {
            calls.push((format!("with_response_key(ResponseKey::Required({:?}))", output.key), Vec::new(), ""));
        }
    }
    if route.paginated {
        calls.push(("with_pages()".to_owned(), Vec::new(), ""));
    }
    if let Some(set) = endpoint.credentials {
        calls.push((format!("with_credentials({})", set.name), Vec::new(), ""));
    }
    if !annotation.any_of.is_empty() {
        let ways = annotation.any_of.iter().map(|name| format!("&[{name:?}]")).collect();
        calls.push(("with_selectors(&[".to_owned(), ways, "])"));
    }
    if !endpoint.echoes.is_empty() {
        calls.push(("with_echoes(&[".to_owned(), quoted(&endpoint.echoes), "])"));
    }
    let last = calls.len();
    let end = |index| if index == last { ";" } else { "" };
    let new = format!("Spec::new(Method::{}, {:?}, Idempotency::{idempotency})", route.method, route.path);
    code.line(format!("const SPEC = {new}{}", end(0)));
    code.indented(|code| {
        for (index, (before, items, after)) in (1..).zip(&calls) {
            code.list(&format!(".{before}"), items, &format!("{after}{}", end(index)));
        }
    });
}

/// Whether a route returns an action attempt, possibly together with another result.
fn starts_action(endpoint: &Endpoint<'_>) -> bool {
    endpoint.route.response.iter().any(|field| field.name == "action_attempt")
        || endpoint.output.key == "action_attempt"
}

/// Returns the name of the result type or item type in the file.
fn item_type(group: &Group<'_>, output: &Output) -> String {
    // A group can have the same name as its resource.
    if output.rust == group.name { format!("seam_model::{}", output.rust) } else { output.rust.clone() }
}

/// Returns the sentence about the result of a call.
fn output_in_words(output: &Output) -> String {
    let name = format!("`{}`", output.rust);
    match output.form {
        Form::Nothing => "Awaiting the call returns nothing on success.".to_owned(),
        Form::One => format!("Awaiting the call returns {name}."),
        Form::Optional => format!("Awaiting the call returns {name}, or `None` if the response has none."),
        Form::List => format!("Awaiting the call returns a list of {name}."),
        Form::Page => format!(
            "Awaiting the call returns one [`Page`](crate::Page) of {name}; [`items`](Call::items) and [`pages`](Call::pages) \
             return all of them."
        ),
    }
}

/// Returns the first sentence of a method's documentation, with its route.
fn headline(text: &str, route: &str) -> String {
    let first = first_sentence(text);
    let rest = text.strip_prefix(first).unwrap_or_default();
    format!("{} (`{route}`).{rest}", first.trim_end_matches('.'))
}
