//! Writes the endpoints of `seam-core`: one file for each group of routes.

use std::collections::{BTreeMap, BTreeSet};

use seam_spec::{Facts, Kind, Route, RouteWords, Safety, Words};

use super::{
    File,
    resolve::{Class, Defined, Member, Resolved, Resolver, Shape, find, flatten, identifier, pascal},
    text::{self, HEADER, Links},
};

const SRC: &str = "crates/seam-core/src/endpoints";

/// A field of a request or of a part of one.
struct Parameter {
    member: Member,
    resolved: Resolved,
    doc: String,
    /// What to use instead, if it is deprecated.
    deprecated: Option<String>,
    /// Whether the struct has to have it.
    required: bool,
}

impl Parameter {
    fn name(&self) -> String {
        identifier(&self.member.name)
    }

    fn field_type(&self) -> String {
        match (self.required, self.member.nullable) {
            (true, _) => self.resolved.rust.clone(),
            (false, true) => format!("Patch<{}>", self.resolved.rust),
            (false, false) => format!("Option<{}>", self.resolved.rust),
        }
    }

    /// The type that a function takes it as.
    fn argument(&self) -> String {
        match &self.resolved.class {
            Class::Boolean | Class::Integer | Class::Number => self.resolved.rust.clone(),
            Class::List(item) => match item.class {
                Class::Boolean | Class::Integer | Class::Number => {
                    format!("impl IntoIterator<Item = {}>", item.rust)
                }
                _ => format!("impl IntoIterator<Item = impl Into<{}>>", item.rust),
            },
            Class::Map => "impl IntoIterator<Item = (impl Into<String>, impl Into<MetadataValue>)>".to_owned(),
            _ => format!("impl Into<{}>", self.resolved.rust),
        }
    }

    /// From the argument to the value.
    fn value(&self) -> String {
        let name = self.name();
        match &self.resolved.class {
            Class::Boolean | Class::Integer | Class::Number => name,
            Class::List(item) => match item.class {
                Class::Boolean | Class::Integer | Class::Number => format!("{name}.into_iter().collect()"),
                _ => format!("{name}.into_iter().map(Into::into).collect()"),
            },
            Class::Map => format!("{name}.into_iter().map(|(name, value)| (name.into(), value.into())).collect()"),
            _ => format!("{name}.into()"),
        }
    }

    /// The value as the field holds it.
    fn given(&self) -> String {
        let value = self.value();
        match (self.required, self.member.nullable) {
            (true, _) => value,
            (false, true) => format!("Patch::Value({value})"),
            (false, false) => format!("Some({value})"),
        }
    }

    fn absent(&self) -> &'static str {
        if self.member.nullable { "Patch::Absent" } else { "None" }
    }
}

/// What a route answers.
struct Output {
    form: Form,
    /// The type, or that of an item.
    rust: String,
    /// Where in the response it is.
    key: String,
}

enum Form {
    Nothing,
    One,
    Optional,
    List,
    Page,
}

impl Output {
    const NOTHING: Self = Self { form: Form::Nothing, rust: String::new(), key: String::new() };

    fn new(form: Form, rust: &str, key: &str) -> Self {
        Self { form, rust: rust.to_owned(), key: key.to_owned() }
    }

    /// The type as it is written.
    fn written(&self) -> String {
        let Self { rust, .. } = self;
        match self.form {
            Form::Nothing => "()".to_owned(),
            Form::One => rust.clone(),
            Form::Optional => format!("Option<{rust}>"),
            Form::List => format!("Vec<{rust}>"),
            Form::Page => format!("Page<{rust}>"),
        }
    }

    /// What awaiting a call gives, in words. The name becomes a link where it is written.
    fn in_words(&self) -> String {
        let name = format!("`{}`", self.rust.trim_start_matches("seam_model::"));
        match self.form {
            Form::Nothing => "The answer is only that it worked.".to_owned(),
            Form::One => format!("The answer is {name}."),
            Form::Optional => format!("The answer is {name}, if Seam gives one."),
            Form::List => format!("The answer is a list of {name}."),
            Form::Page => format!(
                "Awaiting the call gives one [`Page`] of {name}; [`items`](Call::items) and [`pages`](Call::pages) \
                 give all of them."
            ),
        }
    }
}

/// A file in the making.
struct Module<'a> {
    links: &'a Links<'a>,
    imports: BTreeSet<String>,
    /// Further names of this crate that the file uses.
    uses: BTreeSet<String>,
    kinds: BTreeSet<&'static str>,
    body: String,
    /// The structs that are parts of requests, by name.
    parts: BTreeMap<String, String>,
}

/// Writes the files; what is undecided is told to `resolver`.
pub(super) fn files<'a>(facts: &Facts, words: &'a Words, resolver: &mut Resolver<'a>, links: &Links<'_>) -> Vec<File> {
    let mut groups: BTreeMap<&str, Vec<&Route>> = BTreeMap::new();
    for route in &facts.routes {
        let group = route.path.rsplit_once('/').map_or("", |(group, _)| group);
        groups.entry(group).or_default().push(route);
        // Groups that have groups but no routes.
        let mut outer = group;
        while let Some((parent, _)) = outer.rsplit_once('/').filter(|(parent, _)| !parent.is_empty()) {
            groups.entry(parent).or_default();
            outer = parent;
        }
    }
    let mut files = Vec::new();
    for (group, routes) in &groups {
        let children: Vec<&str> = groups
            .keys()
            .copied()
            .filter(|other| other.rsplit_once('/').is_some_and(|(parent, _)| parent == *group))
            .collect();
        let mut module = Module {
            links,
            imports: BTreeSet::new(),
            uses: BTreeSet::new(),
            kinds: BTreeSet::new(),
            body: String::new(),
            parts: BTreeMap::new(),
        };
        let code = module.write(group, routes, &children, words, resolver);
        let name = group.trim_start_matches('/');
        let path = if children.is_empty() { format!("{SRC}/{name}.rs") } else { format!("{SRC}/{name}/mod.rs") };
        files.push(File { path, code });
    }
    files.push(index(facts, &groups, resolver));
    files.push(test(facts));
    for path in words.routes.keys().filter(|path| facts.route(path).is_none()) {
        resolver.undecided.push(format!("{path}: described in routes/, but not a route of the facts"));
    }
    files
}

/// `endpoints/mod.rs`: the modules, the list of all endpoints, and the sets of credentials.
fn index(facts: &Facts, groups: &BTreeMap<&str, Vec<&Route>>, resolver: &mut Resolver<'_>) -> File {
    let mut code = format!(
        "{HEADER}
//! The routes of the API, one module per group, named after their paths.
//!
//! Each route is a type with its parameters as fields, an [`Endpoint`] impl that
//! describes it, and a method of its group: `/access_codes/unmanaged/get` is
//! [`access_codes::unmanaged::Get`] and `seam.access_codes().unmanaged().get(..)`.

"
    );
    for group in groups.keys().filter(|group| group.matches('/').count() == 1) {
        code.push_str(&format!("pub mod {};\n", group.trim_start_matches('/')));
    }
    code.push_str("\nuse crate::{CredentialKind, Endpoint, Spec};\n\n");
    code.push_str("/// All routes that this crate has, by path.\npub const ENDPOINTS: &[&Spec] = &[\n");
    for route in &facts.routes {
        let path: Vec<&str> = route.path.trim_start_matches('/').split('/').collect();
        if let Some((name, modules)) = path.split_last() {
            code.push_str(&format!("    {}::{}::SPEC,\n", modules.join("::"), pascal(name)));
        }
    }
    code.push_str("];\n");
    let mut sets: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for route in &facts.routes {
        match credentials(route) {
            Ok(Some((name, kinds))) => {
                sets.insert(name, kinds);
            }
            Ok(None) => {}
            Err(problem) => resolver.undecided.push(problem),
        }
    }
    for (name, kinds) in sets {
        let about = match name {
            "WORKSPACE" => "Credentials of a whole workspace.",
            "WORKSPACE_OR_CLIENT" => "Credentials of a workspace, or of one of its end users.",
            "WORKSPACE_OR_PUBLISHABLE" => "Credentials of a workspace, or the key that a web page may know.",
            "CONSOLE" => "Credentials of a person, who may have several workspaces.",
            _ => "Credentials of a workspace, of one of its end users, or of a person.",
        };
        code.push_str(&format!("\n/// {about}\nconst {name}: &[CredentialKind] = &[\n"));
        for kind in kinds {
            code.push_str(&format!("    CredentialKind::{kind},\n"));
        }
        code.push_str("];\n");
    }
    File { path: format!("{SRC}/mod.rs"), code }
}

/// The list of all request types, for a test that tries each of them.
fn test(facts: &Facts) -> File {
    let mut code = format!(
        "{HEADER}\n//! Every request type, by its route.\n\nuse super::Check;\nuse seam_core::endpoints::*;\n\n\
         pub(crate) fn all() -> Vec<(&'static str, Check)> {{\n    vec![\n"
    );
    for route in &facts.routes {
        let path: Vec<&str> = route.path.trim_start_matches('/').split('/').collect();
        if let Some((name, modules)) = path.split_last() {
            code.push_str(&format!(
                "        ({:?}, super::check::<{}::{}>),\n",
                route.path,
                modules.join("::"),
                pascal(name)
            ));
        }
    }
    code.push_str("    ]\n}\n");
    File { path: "crates/seam-core/tests/every_request/all.rs".to_owned(), code }
}

/// The constant with the credentials that a route accepts; `None` for a route that accepts all.
fn credentials(route: &Route) -> Result<Option<(&'static str, Vec<&'static str>)>, String> {
    const ORDER: [&str; 7] = [
        "ApiKey",
        "PersonalAccessToken",
        "PersonalAccessTokenWithoutWorkspace",
        "ConsoleSession",
        "ConsoleSessionWithoutWorkspace",
        "ClientSessionToken",
        "PublishableKey",
    ];
    let mut kinds = BTreeSet::new();
    for credential in &route.credentials {
        kinds.insert(match credential.as_str() {
            "api_key" => "ApiKey",
            "pat_with_workspace" => "PersonalAccessToken",
            "pat_without_workspace" => "PersonalAccessTokenWithoutWorkspace",
            "console_session_with_workspace" => "ConsoleSession",
            "console_session_without_workspace" => "ConsoleSessionWithoutWorkspace",
            "client_session" | "client_session_with_customer" | "client_session_with_customer_ro" => {
                "ClientSessionToken"
            }
            "publishable_key" => "PublishableKey",
            // Seam's own support has it, and nobody else.
            "support_read_only_token" => continue,
            other => return Err(format!("{}: accepts {other}, which nobody knows here", route.path)),
        });
    }
    let kinds: Vec<&str> = ORDER.into_iter().filter(|kind| kinds.contains(kind)).collect();
    let name = match kinds.as_slice() {
        [] => return Ok(None),
        ["ApiKey", "PersonalAccessToken", "ConsoleSession"] => "WORKSPACE",
        ["ApiKey", "PersonalAccessToken", "ConsoleSession", "ClientSessionToken"] => "WORKSPACE_OR_CLIENT",
        ["ApiKey", "PersonalAccessToken", "ConsoleSession", "PublishableKey"] => "WORKSPACE_OR_PUBLISHABLE",
        [first, ..] if *first != "ApiKey" => "CONSOLE",
        _ => "ANY_BUT_PUBLISHABLE",
    };
    Ok(Some((name, kinds)))
}

impl<'m> Module<'m> {
    fn doc(&self, indent: &str, text: &str) -> String {
        text::doc(indent, text, self.links)
    }

    fn write<'a>(
        &mut self,
        group: &str,
        routes: &[&Route],
        children: &[&str],
        words: &'a Words,
        resolver: &mut Resolver<'a>,
    ) -> String {
        let about = match words.groups.get(group) {
            Some(about) => about.clone(),
            None => {
                resolver.undecided.push(format!("{group}: a group that routes/ does not describe"));
                String::new()
            }
        };
        let segment = group.rsplit('/').next().unwrap_or(group);
        let name = pascal(segment);
        let is_top = group.matches('/').count() == 1;

        let mut methods = String::new();
        for child in children {
            let segment = child.rsplit('/').next().unwrap_or(child);
            let about = words.groups.get(*child).map(|about| text::first_sentence(about)).unwrap_or_default();
            methods.push_str(&self.doc("    ", &format!("{}: `{child}`.", about.trim_end_matches('.'))));
            methods.push_str(&format!(
                "    #[must_use]\n    pub fn {segment}(&self) -> {segment}::{type_name}<'a> {{\n        \
                 {segment}::{type_name}::new(self.seam)\n    }}\n\n",
                type_name = pascal(segment)
            ));
        }
        for route in routes {
            match words.routes.get(&route.path) {
                Some(words) => methods.push_str(&self.add_route(route, words, resolver)),
                None => resolver.undecided.push(format!("{}: a route that routes/ does not describe", route.path)),
            }
        }

        let mut code = format!("{HEADER}\n//! `{group}`: {}\n\n", lower_first(&about));
        for child in children {
            code.push_str(&format!("pub mod {};\n", child.rsplit('/').next().unwrap_or(child)));
        }
        code.push('\n');
        if !routes.is_empty() {
            code.push_str("use http::Method;\n");
        }
        let parts: String = self.parts.values().map(String::as_str).collect();
        // Setters name some types by themselves.
        let is_used = |name: &str| {
            let mut words =
                [&methods, &self.body, &parts].into_iter().flat_map(|code| code.split(|c: char| !c.is_alphanumeric()));
            words.any(|word| word == name)
        };
        self.imports.retain(|import| !self.parts.contains_key(import) && is_used(import));
        let mut imports: Vec<String> = self.imports.iter().cloned().collect();
        if !routes.is_empty() {
            imports.push("json_object".to_owned());
            code.push_str(&format!("use seam_model::{{{}}};\n\n", imports.join(", ")));
        }
        let mut uses: Vec<String> = self.uses.iter().cloned().collect();
        if !self.kinds.is_empty() {
            let kinds: Vec<&str> = self.kinds.iter().copied().collect();
            uses.push(format!("ParameterKind::{{{}}}", kinds.join(", ")));
        }
        uses.push("Seam".to_owned());
        if !routes.is_empty() {
            uses.extend(["Call", "Endpoint", "Safety", "Spec"].map(str::to_owned));
        }
        code.push_str(&format!("use crate::{{{}}};\n\n", uses.join(", ")));
        code.push_str(&self.doc("", &format!("The routes below `{group}`.\n\n{about}")));
        code.push_str(&format!("#[derive(Clone, Copy, Debug)]\npub struct {name}<'a> {{\n    seam: &'a Seam,\n}}\n\n"));
        if is_top {
            code.push_str("impl Seam {\n");
            code.push_str(
                &self.doc("    ", &format!("{}: `{group}`.", text::first_sentence(&about).trim_end_matches('.'))),
            );
            code.push_str(&format!(
                "    #[must_use]\n    pub fn {segment}(&self) -> {name}<'_> {{\n        {name} {{ seam: self }}\n    }}\n}}\n\n"
            ));
        }
        code.push_str(&format!("impl<'a> {name}<'a> {{\n"));
        if !is_top {
            code.push_str("    pub(crate) fn new(seam: &'a Seam) -> Self {\n        Self { seam }\n    }\n\n");
        }
        code.push_str(methods.trim_end());
        code.push_str("\n}\n\n");
        code.push_str(&self.body);
        for part in self.parts.values() {
            code.push_str(part);
        }
        // What is imported needs no path to be linked to.
        for import in &imports {
            code = code.replace(&format!("[`{import}`](seam_model::{import})"), &format!("[`{import}`]"));
        }
        // A lifetime that no method names needs no name.
        if children.is_empty() && is_top {
            code = code.replace(&format!("impl<'a> {name}<'a> {{"), &format!("impl {name}<'_> {{"));
        }
        code
    }

    /// Adds the type of a route; the methods of its group.
    fn add_route<'a>(&mut self, route: &Route, words: &RouteWords, resolver: &mut Resolver<'a>) -> String {
        let segment = route.path.rsplit('/').next().unwrap_or(&route.path);
        let name = pascal(segment);
        let members = match flatten(&route.parameters) {
            Shape::Object(members) => members,
            _ => Vec::new(),
        };
        let in_all_selectors =
            |name: &str| words.selectors.iter().all(|selector| selector.parameters.iter().any(|p| p == name));
        let mut parameters = Vec::new();
        for member in members {
            let required = member.required && in_all_selectors(&member.name);
            parameters.push(self.parameter(&route.path, member, required, resolver));
        }
        for selector in &words.selectors {
            for parameter in &selector.parameters {
                if parameters.iter().all(|known| known.member.name != *parameter) {
                    resolver.undecided.push(format!("{}: select {parameter}: no such parameter", route.path));
                }
            }
        }
        for filter in &words.any_of {
            if parameters.iter().all(|known| known.member.name != *filter) {
                resolver.undecided.push(format!("{}: any-of {filter}: no such parameter", route.path));
            }
        }

        // The constructors, each with a method of the group.
        let mut constructors = Vec::new();
        if words.selectors.is_empty() {
            let mut taken: Vec<&Parameter> = parameters.iter().filter(|parameter| parameter.required).collect();
            // What a call is about comes first.
            taken.sort_by_key(|parameter| parameter.resolved.class != Class::Id);
            constructors.push((segment.to_owned(), "new".to_owned(), taken, words.doc.clone()));
        }
        for selector in &words.selectors {
            let constructor = match selector.method.strip_prefix(segment).and_then(|rest| rest.strip_prefix('_')) {
                Some(rest) => rest.to_owned(),
                None if selector.method == segment => "new".to_owned(),
                None => selector.method.clone(),
            };
            let taken = selector
                .parameters
                .iter()
                .filter_map(|name| parameters.iter().find(|parameter| parameter.member.name == *name))
                .collect();
            // What is said of the route in general goes with the first way.
            let rest = words.doc.split_once("\n\n").map(|(_, rest)| rest).filter(|_| constructors.is_empty());
            let doc = rest.map_or(selector.doc.clone(), |rest| format!("{}\n\n{rest}", selector.doc));
            constructors.push((selector.method.clone(), constructor, taken, doc));
        }

        let chosen: BTreeSet<&str> =
            words.selectors.iter().flat_map(|selector| &selector.parameters).map(String::as_str).collect();
        let settable: Vec<&Parameter> = parameters
            .iter()
            .filter(|parameter| !parameter.required && !chosen.contains(parameter.member.name.as_str()))
            .collect();

        let deprecated = resolver.deprecation(&route.path, route.deprecated);
        let output = self.output(route, words, resolver);
        let answers = output.in_words();
        let mut methods = String::new();
        for (number, (method, constructor, taken, doc)) in constructors.iter().enumerate() {
            let (first, rest) = doc.split_once("\n\n").map_or((doc.as_str(), ""), |(first, rest)| (first, rest));
            let mut doc = headline(first, &format!("{} {}", route.verb, route.path));
            if !rest.is_empty() {
                doc.push_str(&format!("\n\n{rest}"));
            }
            let waits = if starts_action(route, &output) {
                " [`and_wait`](Call::and_wait) sends it and waits until the action is done."
            } else {
                ""
            };
            if let Some(only) = &words.only {
                doc.push_str(&format!("\n\nWorks only {only}."));
            }
            doc.push_str(&format!("\n\n{answers}{waits} {}", accepted(route)));
            if number == 0 && !words.example.is_empty() {
                doc.push_str(&format!("\n\n```\n{}\n```", words.example));
            }
            if !words.errors.is_empty() {
                let mut errors = words.errors.clone();
                for predicate in ["is_not_found", "is_rate_limited"] {
                    errors = errors.replace(predicate, &format!("[`{predicate}`](crate::Error::{predicate})"));
                }
                doc.push_str(&format!("\n\n# Errors\n\n{errors}"));
            }
            let arguments: Vec<String> = taken.iter().map(|p| format!("{}: {}", p.name(), p.argument())).collect();
            let names: Vec<String> = taken.iter().map(|p| p.name()).collect();
            methods.push_str(&self.doc("    ", &doc));
            methods.push_str(&text::deprecated_function("    ", deprecated.as_ref()));
            methods.push_str(&format!(
                "    pub fn {method}(&self{}{}) -> Call<{name}> {{\n        self.seam.call({name}::{constructor}({}))\n    }}\n\n",
                if arguments.is_empty() { "" } else { ", " },
                arguments.join(", "),
                names.join(", ")
            ));
        }

        let mut code = format!("/// The parameters of `{} {}`.\n", route.verb, route.path);
        code.push_str(&self.write_struct(&name, &parameters));
        code.push_str(&format!("impl {name} {{\n"));
        for (_, _, taken, _) in &constructors {
            if taken.len() > 7 {
                resolver.undecided.push(format!("{}: more than seven arguments", route.path));
            }
        }
        for (_, constructor, taken, _) in &constructors {
            let doc = match (constructors.len(), taken.is_empty()) {
                (_, true) => "Without any parameter.".to_owned(),
                (1, false) => "With what is required.".to_owned(),
                _ => {
                    let names: Vec<String> = taken.iter().map(|p| format!("`{}`", p.member.name)).collect();
                    format!("By {}.", join_and(&names))
                }
            };
            code.push_str(&self.doc("    ", &doc));
            code.push_str(&text::deprecated("    ", deprecated.as_ref()));
            code.push_str(&write_constructor(constructor, taken, &parameters));
        }
        code.push_str("}\n\n");
        code.push_str(&self.write_endpoint(&name, route, words, &parameters, &output));
        if !settable.is_empty() {
            code.push_str(&self.write_setters(&name, &settable));
        }
        self.body.push_str(&code);
        methods
    }

    /// A parameter with its type; what it consists of is added to the file.
    fn parameter<'a>(&mut self, place: &str, member: Member, required: bool, resolver: &mut Resolver<'a>) -> Parameter {
        let place = format!("{place}.{}", member.name);
        let mut parts = Vec::new();
        let resolved = resolver.resolve(&place, &member.shape, &mut parts);
        let doc = resolver.meaning(&place, &member);
        let deprecated = resolver.deprecation(&place, member.deprecated);
        self.imports.extend(resolved.import.clone());
        if resolved.class == Class::Map {
            self.imports.insert("MetadataValue".to_owned());
        }
        if member.nullable && !required {
            self.imports.insert("Patch".to_owned());
        }
        for part in parts {
            if let Defined::Struct { words, place, members } = part {
                let code = self.write_part(&words.name, &words.doc, &place, members, resolver);
                match self.parts.get(&words.name) {
                    Some(other) if *other != code => resolver
                        .undecided
                        .push(format!("{place}: not the same as another {} in the same group", words.name)),
                    _ => {
                        self.parts.insert(words.name.clone(), code);
                    }
                }
            }
        }
        Parameter { member, resolved, doc, deprecated, required }
    }

    fn write_struct(&self, name: &str, parameters: &[Parameter]) -> String {
        let mut code = format!("#[derive(Clone, Debug)]\n#[non_exhaustive]\npub struct {name} {{\n");
        let required = parameters.iter().filter(|parameter| parameter.required);
        let optional = parameters.iter().filter(|parameter| !parameter.required);
        for parameter in required.clone().chain(optional.clone()) {
            code.push_str(&self.doc("    ", &parameter.doc));
            code.push_str(&text::deprecated("    ", parameter.deprecated.as_ref()));
            code.push_str(&format!("    pub {}: {},\n", parameter.name(), parameter.field_type()));
        }
        code.push_str("}\n\n");
        let required: Vec<String> = required.map(|p| format!("{}: {}", p.name(), p.field_type())).collect();
        let optional: Vec<String> = optional.map(Parameter::name).collect();
        code.push_str(&text::json_object(name, &required, &optional, "", true));
        code
    }

    /// A struct that is a part of a request, with a constructor and setters of its own.
    fn write_part<'a>(
        &mut self,
        name: &str,
        doc: &str,
        place: &str,
        members: Vec<Member>,
        resolver: &mut Resolver<'a>,
    ) -> String {
        let parameters: Vec<Parameter> = members
            .into_iter()
            .map(|member| {
                let required = member.required;
                self.parameter(place, member, required, resolver)
            })
            .collect();
        let mut code = self.doc("", doc);
        code.push_str(&self.write_struct(name, &parameters));
        code.push_str(&format!("impl {name} {{\n"));
        let taken: Vec<&Parameter> = parameters.iter().filter(|parameter| parameter.required).collect();
        code.push_str(if taken.is_empty() {
            "    /// Without anything yet.\n"
        } else {
            "    /// With what is required.\n"
        });
        code.push_str(&write_constructor("new", &taken, &parameters));
        for parameter in parameters.iter().filter(|parameter| !parameter.required) {
            code.push_str(&self.doc("    ", &parameter.doc));
            code.push_str(&text::deprecated_function("    ", parameter.deprecated.as_ref()));
            code.push_str(&format!(
                "    #[must_use]\n    pub fn {name}(mut self, {name}: {}) -> Self {{\n        self.{name} = {};\n        self\n    }}\n\n",
                parameter.argument(),
                parameter.given(),
                name = parameter.name()
            ));
        }
        code.push_str("}\n\n");
        code
    }

    fn write_endpoint(
        &mut self,
        name: &str,
        route: &Route,
        words: &RouteWords,
        parameters: &[Parameter],
        output: &Output,
    ) -> String {
        let mut code = format!("impl Endpoint for {name} {{\n    type Output = {};\n", output.written());
        let (safety, class) = match words.safety {
            Safety::Read => ("Read", "Read"),
            Safety::Idempotent => ("Idempotent", "Idempotent"),
            Safety::Action => ("Action", "An action"),
        };
        if !words.reason.is_empty() {
            for line in text::wrap(&format!("{class}, since {}", words.reason), 110) {
                code.push_str(&format!("    // {line}\n"));
            }
        }
        code.push_str(&format!(
            "    const SPEC: &'static Spec = &Spec::new(Method::{}, {:?}, Safety::{safety})",
            route.verb, route.path
        ));
        let required = match output.form {
            Form::Nothing => None,
            Form::Optional => Some("Optional"),
            Form::One | Form::List | Form::Page => Some("Required"),
        };
        if let Some(required) = required {
            self.uses.insert("ResponseKey".to_owned());
            code.push_str(&format!(".response_key(ResponseKey::{required}({:?}))", output.key));
        }
        if route.paginated {
            code.push_str(".paginated()");
        }
        if let Ok(Some((set, _))) = credentials(route) {
            self.uses.insert(format!("endpoints::{set}"));
            code.push_str(&format!(".credentials({set})"));
        }
        if !parameters.is_empty() {
            self.uses.insert("Parameter".to_owned());
            code.push_str(".parameters(&[");
            let required = parameters.iter().filter(|parameter| parameter.required);
            for parameter in required.chain(parameters.iter().filter(|parameter| !parameter.required)) {
                let kind = self.kind(&parameter.resolved);
                let how = if parameter.required { "required" } else { "optional" };
                code.push_str(&format!("Parameter::{how}({:?}, {kind}),", parameter.member.name));
            }
            code.push_str("])");
        }
        let mut ways: Vec<String> = words
            .selectors
            .iter()
            .map(|selector| selector.parameters.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", "))
            .collect();
        if ways.len() < 2 {
            ways.clear();
        }
        ways.extend(words.any_of.iter().map(|name| format!("{name:?}")));
        if !ways.is_empty() {
            let ways: Vec<String> = ways.into_iter().map(|way| format!("&[{way}]")).collect();
            code.push_str(&format!(".selectors(&[{}])", ways.join(", ")));
        }
        code.push_str(";\n}\n\n");
        if starts_action(route, output) {
            self.uses.insert("StartsAction".to_owned());
            code.push_str(&format!("impl StartsAction for {name} {{}}\n\n"));
        }
        if route.paginated {
            self.uses.extend(["Page", "Paged"].map(str::to_owned));
            code.push_str(&format!(
                "impl Paged for {name} {{
    type Item = {item};

    fn page_cursor(&self) -> Option<&str> {{
        self.page_cursor.as_deref()
    }}

    fn set_page_cursor(&mut self, cursor: String) {{
        self.page_cursor = {value};
    }}
}}

",
                item = output.rust,
                value = match parameters.iter().find(|parameter| parameter.member.name == "page_cursor") {
                    Some(cursor) if cursor.member.nullable => "Patch::Value(cursor)",
                    _ => "Some(cursor)",
                }
            ));
        }
        code
    }

    fn kind(&mut self, resolved: &Resolved) -> String {
        let kind = match &resolved.class {
            Class::Boolean => "Boolean",
            Class::Integer => "Integer",
            Class::Number => "Number",
            Class::Text | Class::Format | Class::Enum => "Text",
            Class::Id => "Id",
            Class::Secret => "Secret",
            Class::Time => "Time",
            Class::Object | Class::Json | Class::Map => "Object",
            Class::List(item) => {
                self.kinds.insert("ListOf");
                return format!("ListOf(&{})", self.kind(item));
            }
        };
        self.kinds.insert(kind);
        kind.to_owned()
    }

    /// What a route answers.
    fn output<'a>(&mut self, route: &Route, words: &RouteWords, resolver: &mut Resolver<'a>) -> Output {
        let Some(key) = &route.response_key else {
            // Some routes answer with an attempt only where the work is not done at once.
            if route.response.iter().any(|field| field.name == "action_attempt") || route.action.is_some() {
                self.imports.insert("ActionAttempt".to_owned());
                return Output::new(Form::Optional, "ActionAttempt", "action_attempt");
            }
            return Output::NOTHING;
        };
        let Some(field) = route.response.iter().find(|field| field.name == *key) else {
            resolver.undecided.push(format!("{}: the answer {key} is not in the response", route.path));
            return Output::NOTHING;
        };
        let name = |reference: &str| find(&resolver.words.types, reference).map(|words| words.name.clone());
        let (rust, is_list) = match (&words.answer, &field.shape.kind) {
            (Some(answer), _) => (Some(answer.trim_end_matches('?').to_owned()), false),
            (None, Kind::Reference(reference)) => (name(reference), false),
            (None, Kind::List(item)) => match &item.kind {
                Kind::Reference(reference) => (name(reference), true),
                _ => (None, true),
            },
            (None, Kind::Object(_)) => (name(key), false),
            _ => (None, false),
        };
        let Some(rust) = rust else {
            resolver.undecided.push(format!("{}: the answer {key} has no type", route.path));
            return Output::NOTHING;
        };
        // A group may have the name of what it is about.
        let group = route.path.rsplit('/').nth(1).map(pascal);
        let rust = if group.as_ref() == Some(&rust) {
            format!("seam_model::{rust}")
        } else {
            self.imports.insert(rust.clone());
            rust
        };
        // Where the document says of other fields that they are always there, it means it of this one too.
        let may_be_absent = words.answer.as_ref().is_some_and(|answer| answer.ends_with('?'));
        let is_certain = !may_be_absent && (field.required || route.response.iter().all(|field| !field.required));
        let form = match (route.paginated, is_list, is_certain) {
            (true, _, _) => Form::Page,
            (false, true, _) => Form::List,
            (false, false, true) => Form::One,
            (false, false, false) => Form::Optional,
        };
        Output::new(form, &rust, key)
    }

    /// The setters of a call.
    fn write_setters(&mut self, name: &str, settable: &[&Parameter]) -> String {
        self.uses.insert("endpoint::setters".to_owned());
        let mut sections: BTreeMap<&str, String> = BTreeMap::new();
        for parameter in settable {
            let (section, rust) = match &parameter.resolved.class {
                Class::Boolean | Class::Integer | Class::Number => ("1 plain", &parameter.resolved.rust),
                Class::List(item) => ("3 list", &item.rust),
                Class::Map => ("4 map", &parameter.resolved.rust),
                _ => ("2 into", &parameter.resolved.rust),
            };
            let deprecated = text::deprecated("        ", parameter.deprecated.as_ref());
            let doc = self.doc("        ", &parameter.doc) + &deprecated;
            sections.entry(section).or_default().push_str(&format!("{doc}        {}: {rust},\n", parameter.name()));
            if parameter.member.nullable {
                let doc = self.doc(
                    "        ",
                    &format!("Sends `null` for [`{0}`](Self::{0}), which takes the value away.", parameter.member.name),
                );
                sections.entry("5 null").or_default().push_str(&format!(
                    "{doc}{deprecated}        {}: clear_{},\n",
                    parameter.name(),
                    parameter.member.name
                ));
            }
        }
        let mut code = format!("setters! {{\n    {name} {{\n{}    }}", sections.remove("1 plain").unwrap_or_default());
        for (section, setters) in sections {
            let section = section.split(' ').next_back().unwrap_or(section);
            code.push_str(&format!(" {section} {{\n{setters}    }}"));
        }
        code.push_str("\n}\n\n");
        code
    }
}

/// Whether a route answers with an action attempt, perhaps beside something else.
fn starts_action(route: &Route, output: &Output) -> bool {
    route.response.iter().any(|field| field.name == "action_attempt") || output.key == "action_attempt"
}

/// Who may call a route, in words.
fn accepted(route: &Route) -> &'static str {
    match credentials(route) {
        Ok(Some(("WORKSPACE", _))) => "Takes the credentials of a workspace.",
        Ok(Some(("WORKSPACE_OR_CLIENT", _))) => "Takes the credentials of a workspace, or a client session token.",
        Ok(Some(("WORKSPACE_OR_PUBLISHABLE", _))) => "Takes the credentials of a workspace, or a publishable key.",
        Ok(Some(("CONSOLE", _))) => "Takes a personal access token or a console session, which need no workspace here.",
        Ok(Some(_)) => "Takes any credentials but a publishable key; those of a person need no workspace here.",
        Ok(None) | Err(_) => "Takes any credentials.",
    }
}

fn write_constructor(name: &str, taken: &[&Parameter], parameters: &[Parameter]) -> String {
    let arguments: Vec<String> = taken.iter().map(|p| format!("{}: {}", p.name(), p.argument())).collect();
    let required = parameters.iter().filter(|parameter| parameter.required);
    let optional = parameters.iter().filter(|parameter| !parameter.required);
    let fields: Vec<String> = required
        .chain(optional)
        .map(|parameter| {
            let is_taken = taken.iter().any(|taken| taken.member.name == parameter.member.name);
            let value = if is_taken { parameter.given() } else { parameter.absent().to_owned() };
            let field = parameter.name();
            if value == field { field } else { format!("{field}: {value}") }
        })
        .collect();
    let allow = if parameters.iter().any(|parameter| parameter.deprecated.is_some()) {
        "    #[allow(deprecated, reason = \"all fields are initialized\")]\n"
    } else {
        ""
    };
    format!(
        "{allow}    #[must_use]\n    pub fn {name}({}) -> Self {{\n        Self {{ {} }}\n    }}\n\n",
        arguments.join(", "),
        fields.join(", ")
    )
}

/// The first sentence of a method, with its route.
fn headline(text: &str, route: &str) -> String {
    let first = text::first_sentence(text);
    let rest = text.strip_prefix(first).unwrap_or_default();
    format!("{}: `{route}`.{rest}", first.trim_end_matches('.'))
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_lowercase().collect::<String>()).unwrap_or_default();
    text::first_sentence(&(first + letters.as_str())).to_owned()
}

fn join_and(names: &[String]) -> String {
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}
