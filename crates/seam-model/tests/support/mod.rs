//! What the source of `seam-model` declares: its public types, their fields, and the values of its
//! enums. Read from the source, so that a test can fail when it forgets a new type.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use proc_macro2::{TokenStream, TokenTree};
use syn::{Fields, GenericArgument, Item, PathArguments, Type, Visibility};

/// What a public struct or enum looks like.
#[derive(Debug, Default)]
pub(crate) struct Declared {
    /// The named fields of a struct, and the names of all types that make up the type of each.
    pub(crate) fields: BTreeMap<String, Vec<String>>,
    /// The values of an `open_enum!`.
    pub(crate) values: Vec<String>,
}

/// All public structs and enums by name, those that macros make included.
pub(crate) fn public_types() -> BTreeMap<String, Declared> {
    let mut types = BTreeMap::new();
    for path in source_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let file = syn::parse_file(&fs::read_to_string(&path).unwrap()).unwrap();
        scan(&file.items, &mut types);
    }
    types
}

fn source_files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(source_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

fn scan(items: &[Item], types: &mut BTreeMap<String, Declared>) {
    for item in items {
        match item {
            Item::Struct(item) if is_public(&item.vis) => {
                types.insert(item.ident.to_string(), Declared { fields: fields(&item.fields), values: Vec::new() });
            }
            Item::Enum(item) if is_public(&item.vis) => {
                let fields = item.variants.iter().flat_map(|variant| fields(&variant.fields)).collect();
                types.insert(item.ident.to_string(), Declared { fields, values: Vec::new() });
            }
            Item::Union(item) if is_public(&item.vis) => panic!("no unions, please: {}", item.ident),
            Item::Mod(item) => scan(item.content.as_ref().map_or(&[], |(_, items)| items), types),
            // A definition has a name of its own; what it declares is seen where it is used.
            Item::Macro(item) if item.ident.is_none() => scan_macro(item, types),
            _ => {}
        }
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn fields(fields: &Fields) -> BTreeMap<String, Vec<String>> {
    fields
        .iter()
        .enumerate()
        .map(|(place, field)| {
            let name = field.ident.as_ref().map_or_else(|| place.to_string(), ToString::to_string);
            let mut types = Vec::new();
            names_of(&field.ty, &mut types);
            (name.trim_start_matches("r#").to_owned(), types)
        })
        .collect()
}

/// The names of all types in a type: `Option<Vec<Pin>>` is made of `Option`, `Vec` and `Pin`.
fn names_of(r#type: &Type, names: &mut Vec<String>) {
    match r#type {
        Type::Path(path) => {
            for segment in &path.path.segments {
                names.push(segment.ident.to_string());
                if let PathArguments::AngleBracketed(arguments) = &segment.arguments {
                    for argument in &arguments.args {
                        if let GenericArgument::Type(r#type) = argument {
                            names_of(r#type, names);
                        }
                    }
                }
            }
        }
        Type::Tuple(tuple) => tuple.elems.iter().for_each(|r#type| names_of(r#type, names)),
        Type::Reference(reference) => names_of(&reference.elem, names),
        Type::Array(array) => names_of(&array.elem, names),
        Type::Slice(slice) => names_of(&slice.elem, names),
        _ => names.push("?".to_owned()),
    }
}

/// The types that the use of a macro makes: `ids!` and `secrets!` list names, in all others we look
/// for `pub struct Name` and `pub enum Name`.
fn scan_macro(item: &syn::ItemMacro, types: &mut BTreeMap<String, Declared>) {
    let name = item.mac.path.segments.last().unwrap().ident.to_string();
    let tokens = without_attributes(item.mac.tokens.clone());
    if name == "ids" || name == "secrets" {
        for token in tokens {
            let TokenTree::Ident(name) = token else { panic!("{name}! is a list of names") };
            types.insert(name.to_string(), Declared::default());
        }
        return;
    }
    for window in tokens.windows(3) {
        if let [TokenTree::Ident(keyword), TokenTree::Ident(name), TokenTree::Group(body)] = window {
            if keyword == "struct" || keyword == "enum" {
                types.insert(name.to_string(), Declared { values: values(body.stream()), ..Declared::default() });
            }
        }
    }
}

/// The texts in `Variant = "value", ...`.
fn values(body: TokenStream) -> Vec<String> {
    without_attributes(body)
        .into_iter()
        .filter_map(|token| match token {
            TokenTree::Literal(literal) => syn::parse_str::<syn::LitStr>(&literal.to_string()).ok(),
            _ => None,
        })
        .map(|literal| literal.value())
        .collect()
}

/// The tokens without `#[...]`, which is what doc comments are to a macro.
fn without_attributes(tokens: TokenStream) -> Vec<TokenTree> {
    let mut kept = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match &token {
            TokenTree::Punct(mark) if mark.as_char() == '#' => {
                tokens.next();
            }
            _ => kept.push(token),
        }
    }
    kept
}
