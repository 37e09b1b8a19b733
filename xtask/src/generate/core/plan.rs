//! Plans the module of a group of routes: its types, parameters, constructors, results and imports.

use std::collections::{BTreeMap, BTreeSet};

use seam_spec::{Annotations, ApiDescription, CredentialSet, Field, Kind, Route, RouteAnnotation, TypeAnnotation};

use super::super::{
    names::{CallMethods, Scope, identifier, pascal},
    resolve::{Defined, Resolver, RustType, merged_fields},
};

/// A group of routes, such as `/access_codes/unmanaged`.
pub(super) struct Group<'a> {
    pub(super) path: &'a str,
    /// The last segment of the path.
    pub(super) segment: &'a str,
    /// The type that has the methods.
    pub(super) name: String,
    pub(super) doc: String,
    /// The groups below it, with their documentation.
    pub(super) children: Vec<(&'a str, String)>,
    pub(super) endpoints: Vec<Endpoint<'a>>,
    /// The structs that are parts of requests, by name.
    pub(super) parts: BTreeMap<String, Part>,
    /// The types of `seam-model` that are imported.
    pub(super) imports: BTreeSet<String>,
}

/// A route with the type of its request.
pub(super) struct Endpoint<'a> {
    pub(super) route: &'a Route,
    pub(super) annotation: &'a RouteAnnotation,
    pub(super) name: String,
    pub(super) parameters: Vec<Parameter>,
    pub(super) constructors: Vec<Constructor>,
    /// Indices of the optional parameters that constructors take, which have no setters.
    pub(super) selecting: Vec<usize>,
    /// The replacement, if it is deprecated.
    pub(super) deprecated: Option<String>,
    pub(super) output: Output,
    pub(super) credentials: Option<&'a CredentialSet>,
    /// The parameters that the resource in the response repeats.
    pub(super) echoes: Vec<&'static str>,
}

impl Endpoint<'_> {
    /// The parameters with a setter.
    fn settable(&self) -> impl Iterator<Item = &Parameter> {
        let parameters = (0..).zip(&self.parameters).filter(|(index, _)| !self.selecting.contains(index));
        parameters.map(|(_, parameter)| parameter).filter(|parameter| !parameter.required)
    }
}

/// A constructor of a request, with the method of the group that calls it.
pub(super) struct Constructor {
    pub(super) method: String,
    pub(super) name: String,
    /// Indices of the parameters that it takes.
    pub(super) taken: Vec<usize>,
    pub(super) doc: String,
}

/// A struct that is a part of a request.
#[derive(PartialEq)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) doc: String,
    pub(super) parameters: Vec<Parameter>,
}

/// A field of a request or of a part of one.
#[derive(PartialEq)]
pub(super) struct Parameter {
    pub(super) field: Field,
    pub(super) ident: String,
    pub(super) rust: RustType,
    pub(super) doc: String,
    /// The replacement, if it is deprecated.
    pub(super) deprecated: Option<String>,
    /// Whether the struct always has it.
    pub(super) required: bool,
}

impl Parameter {
    pub(super) fn field_type(&self) -> String {
        match (self.required, self.field.schema.nullable) {
            (true, _) => self.rust.to_string(),
            (false, true) => format!("Patch<{}>", self.rust),
            (false, false) => format!("Option<{}>", self.rust),
        }
    }

    fn is_id(&self) -> bool {
        matches!(self.rust, RustType::Id(_))
    }

    /// Returns the type of the function argument.
    pub(super) fn argument(&self) -> String {
        match &self.rust {
            rust if rust.is_plain() => rust.to_string(),
            RustType::List(item) if item.is_plain() => format!("impl IntoIterator<Item = {item}>"),
            RustType::List(item) => format!("impl IntoIterator<Item = impl Into<{item}>>"),
            RustType::CustomMetadata => {
                "impl IntoIterator<Item = (impl Into<String>, impl Into<MetadataValue>)>".to_owned()
            }
            rust => format!("impl Into<{rust}>"),
        }
    }
}

/// The result of a route.
pub(super) struct Output {
    pub(super) form: Form,
    /// The type of the result or, for lists and pages, of an item.
    pub(super) rust: String,
    /// The key of the response that holds the result.
    pub(super) key: String,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Form {
    Nothing,
    One,
    Optional,
    List,
    Page,
}

impl Output {
    fn nothing() -> Self {
        Self { form: Form::Nothing, rust: String::new(), key: String::new() }
    }
}

/// Plans the module of a group. Reports problems to `resolver`.
pub(super) fn group<'a>(
    api: &ApiDescription,
    path: &'a str,
    routes: &[&'a Route],
    children: &[&'a str],
    resolver: &mut Resolver<'a>,
    call_methods: &CallMethods,
) -> Group<'a> {
    let annotations = resolver.annotations;
    let doc = match annotations.groups.get(path) {
        Some(doc) => doc.clone(),
        None => {
            resolver.problems.push(format!("{path}: the group has no section in annotations/routes"));
            String::new()
        }
    };
    let segment = last_segment(path);
    let child = |child: &&'a str| (*child, annotations.groups.get(*child).cloned().unwrap_or_default());
    let mut group = Group {
        path,
        segment,
        name: pascal(segment),
        doc,
        children: children.iter().map(child).collect(),
        endpoints: Vec::new(),
        parts: BTreeMap::new(),
        imports: BTreeSet::new(),
    };
    for route in routes {
        match annotations.routes.get(route.path) {
            Some(annotation) => {
                let endpoint = endpoint(api, &mut group, route, annotation, resolver);
                group.endpoints.push(endpoint);
            }
            None => {
                let problem = format!("{}: the route has no section in annotations/routes", route.path);
                resolver.problem(route.location, problem);
            }
        }
    }
    group.imports = imports(&group);
    check_names(&group, resolver, call_methods);
    group
}

pub(super) fn last_segment(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn endpoint<'a>(
    api: &ApiDescription,
    group: &mut Group<'a>,
    route: &'a Route,
    annotation: &'a RouteAnnotation,
    resolver: &mut Resolver<'a>,
) -> Endpoint<'a> {
    let in_all_selectors =
        |name: &str| annotation.selectors.iter().all(|selector| selector.parameters.iter().any(|p| p == name));
    let mut parameters = Vec::new();
    for field in merged_fields(&route.parameters, route.location) {
        let required = field.required && in_all_selectors(field.name);
        parameters.push(parameter(group, route.path, field, required, resolver));
    }
    // Required parameters first, the ids among them before the others: the order of fields and of constructor arguments.
    parameters.sort_by_key(|parameter| (!parameter.required, parameter.required && !parameter.is_id()));
    let index = |name: &str| parameters.iter().position(|parameter| parameter.field.name == name);
    let chosen: Vec<&String> = annotation.selectors.iter().flat_map(|selector| &selector.parameters).collect();
    let named = annotation.any_of.iter().chain(&annotation.echoed).chain(&annotation.not_echoed);
    for name in chosen.iter().copied().chain(named).filter(|name| index(name).is_none()) {
        resolver.problem(annotation.location, format!("{}: no such parameter: `{name}`", route.path));
    }
    let selecting =
        |parameter: &Parameter| !parameter.required && chosen.iter().any(|name| *name == parameter.field.name);
    let selecting =
        (0..).zip(&parameters).filter(|(_, parameter)| selecting(parameter)).map(|(index, _)| index).collect();
    let constructors = constructors(route, annotation, &parameters);
    if let [only] = constructors.as_slice() {
        let required = (0..).zip(&parameters).filter(|(_, parameter)| parameter.required).map(|(index, _)| index);
        if only.name != "new" || !only.taken.iter().copied().eq(required) {
            let problem = format!(
                "{}: a single selector must have the name of the route and take the required parameters",
                route.path
            );
            resolver.problem(annotation.location, problem);
        }
    }
    if constructors.iter().any(|constructor| constructor.taken.len() > 7) {
        resolver.problem(route.location, format!("{}: more than seven arguments", route.path));
    }
    let credentials = credentials(route, resolver);
    let output = output(route, annotation, resolver);
    let deprecated = resolver.deprecation(route.path, route.location, route.deprecated);
    let name = pascal(last_segment(route.path));
    let echoes = echoes(api, route, annotation, &parameters, &output);
    Endpoint { route, annotation, name, parameters, constructors, selecting, deprecated, output, credentials, echoes }
}

/// Returns the parameters that the resource in the response repeats: ids and keys that are required or part of a
/// selector, except those annotated as `not-echoed`, and those annotated as `echoed`.
fn echoes(
    api: &ApiDescription,
    route: &Route,
    annotation: &RouteAnnotation,
    parameters: &[Parameter],
    output: &Output,
) -> Vec<&'static str> {
    if !matches!(output.form, Form::One | Form::Optional) {
        return Vec::new();
    }
    let schema = route.response.iter().find(|field| field.name == output.key).map(|field| &field.schema);
    let schema = schema.and_then(|schema| match &schema.kind {
        Kind::Reference(name) => api.resource(name).map(|resource| &resource.schema),
        _ => Some(schema),
    });
    let fields = schema.map(|schema| merged_fields(schema, route.location)).unwrap_or_default();
    let selects =
        |name: &str| annotation.selectors.iter().any(|selector| selector.parameters.iter().any(|p| p == name));
    let is_echoed = |parameter: &&Parameter| {
        let name = parameter.field.name;
        let names_it = parameter.is_id() || name.ends_with("_key");
        let is_about_it = names_it && (parameter.required || selects(name));
        (is_about_it || annotation.echoed.iter().any(|echoed| echoed == name))
            && fields.iter().any(|field| field.name == name)
            && !annotation.not_echoed.iter().any(|other| other == name)
    };
    parameters.iter().filter(is_echoed).map(|parameter| parameter.field.name).collect()
}

fn constructors(route: &Route, annotation: &RouteAnnotation, parameters: &[Parameter]) -> Vec<Constructor> {
    let segment = last_segment(route.path);
    if annotation.selectors.is_empty() {
        let taken = (0..).zip(parameters).filter(|(_, p)| p.required).map(|(index, _)| index).collect();
        let doc = annotation.doc.clone();
        return vec![Constructor { method: segment.to_owned(), name: "new".to_owned(), taken, doc }];
    }
    let mut constructors = Vec::new();
    for selector in &annotation.selectors {
        let name = match selector.method.strip_prefix(segment).and_then(|rest| rest.strip_prefix('_')) {
            Some(rest) => rest.to_owned(),
            None if selector.method == segment => "new".to_owned(),
            None => selector.method.clone(),
        };
        let index = |name: &String| parameters.iter().position(|parameter| parameter.field.name == name);
        let taken = selector.parameters.iter().filter_map(index).collect();
        // The general documentation of the route is added to the first selector.
        let rest = annotation.doc.split_once("\n\n").map(|(_, rest)| rest).filter(|_| constructors.is_empty());
        let doc = rest.map_or(selector.doc.clone(), |rest| format!("{}\n\n{rest}", selector.doc));
        constructors.push(Constructor { method: selector.method.clone(), name, taken, doc });
    }
    constructors
}

/// Plans a parameter. Adds the structs that it consists of to the group.
fn parameter<'a>(
    group: &mut Group<'a>,
    path: &str,
    field: Field,
    required: bool,
    resolver: &mut Resolver<'a>,
) -> Parameter {
    let path = format!("{path}.{}", field.name);
    let mut defined = Vec::new();
    let rust = resolver.resolve(&path, field.location, &field.schema, &mut defined);
    let doc = resolver.meaning(&path, &field);
    let deprecated = resolver.deprecation(&path, field.location, field.deprecated);
    for part in defined {
        let Defined::Struct { annotation, path, fields } = part else { continue };
        let parameters = fields.into_iter().map(|field| {
            let required = field.required;
            parameter(group, &path, field, required, resolver)
        });
        let mut parameters: Vec<Parameter> = parameters.collect();
        parameters.sort_by_key(|parameter| !parameter.required);
        let part = Part { name: annotation.name.clone(), doc: annotation.doc.clone(), parameters };
        match group.parts.get(&part.name) {
            Some(other) if *other != part => {
                let problem = format!("{path}: differs from another {} in the same group", part.name);
                resolver.problem(field.location, problem);
            }
            _ => {
                group.parts.insert(part.name.clone(), part);
            }
        }
    }
    let ident = identifier(field.name).unwrap_or_else(|| {
        resolver.problem(field.location, format!("{path}: `{}` is not a valid Rust identifier", field.name));
        "invalid".to_owned()
    });
    Parameter { field, ident, rust, doc, deprecated, required }
}

/// Plans the result of a route.
fn output(route: &Route, annotation: &RouteAnnotation, resolver: &mut Resolver<'_>) -> Output {
    let has_attempt = route.response.iter().any(|field| field.name == "action_attempt");
    let Some(key) = route.response_key else {
        // Some routes return an attempt only if the action is asynchronous on the device.
        if has_attempt || route.action_type.is_some() {
            let key = "action_attempt".to_owned();
            return Output { form: Form::Optional, rust: "ActionAttempt".to_owned(), key };
        }
        return Output::nothing();
    };
    let Some(field) = route.response.iter().find(|field| field.name == key) else {
        resolver.problem(route.location, format!("{}: the response has no key `{key}`", route.path));
        return Output::nothing();
    };
    let name =
        |reference: &str| TypeAnnotation::find(&resolver.annotations.types, reference).map(|found| found.name.clone());
    let (rust, is_list) = match (&annotation.answer, &field.schema.kind) {
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
        resolver.problem(field.location, format!("{}: the response key `{key}` has no type", route.path));
        return Output::nothing();
    };
    // If no field of the response is marked as required, the description does not distinguish, and this one is required.
    let may_be_absent = annotation.answer.as_ref().is_some_and(|answer| answer.ends_with('?'));
    let is_certain = !may_be_absent && (field.required || route.response.iter().all(|field| !field.required));
    let form = match (route.paginated, is_list, is_certain) {
        (true, _, _) => Form::Page,
        (false, true, _) => Form::List,
        (false, false, true) => Form::One,
        (false, false, false) => Form::Optional,
    };
    Output { form, rust, key: key.to_owned() }
}

/// Returns the set of credentials that a route accepts; `None` for a route that accepts all.
fn credentials<'a>(route: &Route, resolver: &mut Resolver<'a>) -> Option<&'a CredentialSet> {
    let annotations: &'a Annotations = resolver.annotations;
    let mut kinds = BTreeSet::new();
    for name in &route.credentials {
        match annotations.credentials.get(name) {
            Some(credential) => kinds.extend(credential.kind.as_deref()),
            None => {
                resolver.problem(route.location, format!("{}: `{name}` is not in credentials.txt", route.path));
            }
        }
    }
    let is_set = |set: &&CredentialSet| set.kinds.iter().map(String::as_str).collect::<BTreeSet<_>>() == kinds;
    let set = annotations.credential_sets.iter().find(is_set);
    if set.is_none() && !kinds.is_empty() {
        let kinds = kinds.into_iter().collect::<Vec<_>>().join(" ");
        resolver.problem(route.location, format!("{}: credential-sets.txt has no set of {kinds}", route.path));
    }
    set
}

/// Returns the types of `seam-model` that the module uses.
fn imports(group: &Group<'_>) -> BTreeSet<String> {
    let mut imports = BTreeSet::new();
    let endpoints = group.endpoints.iter().flat_map(|endpoint| &endpoint.parameters);
    for parameter in endpoints.chain(group.parts.values().flat_map(|part| &part.parameters)) {
        imports.extend(parameter.rust.import());
    }
    // The macros use the full path; the methods of the group need the import.
    let taken = group.endpoints.iter().flat_map(|endpoint| {
        let taken = endpoint.constructors.iter().flat_map(|constructor| &constructor.taken);
        taken.filter_map(|index| endpoint.parameters.get(*index))
    });
    if taken.into_iter().any(|parameter| parameter.rust == RustType::CustomMetadata) {
        imports.insert("MetadataValue".to_owned());
    }
    let outputs = group.endpoints.iter().map(|endpoint| &endpoint.output.rust);
    // A group can have the same name as its resource.
    imports.extend(outputs.filter(|rust| !rust.is_empty() && **rust != group.name).cloned());
    imports.retain(|import| !group.parts.contains_key(import));
    imports
}

/// Reports name collisions among the types of the module, the methods of the group and the setters of each call.
fn check_names(group: &Group<'_>, resolver: &mut Resolver<'_>, call_methods: &CallMethods) {
    let mut types = Scope::new(format!("the module of {}", group.path));
    types.reserve(&group.name, "the type of the group");
    for import in &group.imports {
        types.reserve(import, "a type of seam-model");
    }
    let mut methods = Scope::new(format!("the methods of `{}`", group.name));
    methods.reserve("new", "the constructor");
    for (child, _) in &group.children {
        methods.reserve(last_segment(child), format!("the group {child}"));
    }
    for endpoint in &group.endpoints {
        let (path, location) = (endpoint.route.path, endpoint.route.location);
        types.add(&endpoint.name, location, path, resolver);
        let mut constructors = Scope::new(format!("the constructors of `{}`", endpoint.name));
        for constructor in &endpoint.constructors {
            methods.add(&constructor.method, endpoint.annotation.location, path, resolver);
            constructors.add(&constructor.name, endpoint.annotation.location, path, resolver);
        }
        let mut setters = Scope::new(format!("the methods of `Call<{}>`", endpoint.name));
        for (method, file) in call_methods {
            setters.reserve(method, format!("an option of every call ({file})"));
        }
        for parameter in endpoint.settable() {
            let what = format!("{path}.{}", parameter.field.name);
            setters.add(&parameter.ident, parameter.field.location, &what, resolver);
            if parameter.field.schema.nullable {
                setters.add(&format!("clear_{}", parameter.field.name), parameter.field.location, &what, resolver);
            }
        }
    }
    for part in group.parts.values() {
        let location = part.parameters.first().map(|parameter| parameter.field.location).unwrap_or_default();
        types.add(&part.name, location, "a part of a request", resolver);
        let mut setters = Scope::new(format!("the methods of `{}`", part.name));
        setters.reserve("new", "the constructor");
        for parameter in part.parameters.iter().filter(|parameter| !parameter.required) {
            setters.add(&parameter.ident, parameter.field.location, parameter.field.name, resolver);
            if parameter.field.schema.nullable {
                let clear = format!("clear_{}", parameter.field.name);
                setters.add(&clear, parameter.field.location, parameter.field.name, resolver);
            }
        }
    }
}
