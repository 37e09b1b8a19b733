//! Writes structs as JSON objects.

use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeSeq},
};

use super::{Field, Names, Object, Value, View};
use crate::{
    Extra,
    extra::{Absence, Kept},
};

/// Writes `object` as a JSON object.
#[doc(hidden)]
pub fn write<S: Serializer>(object: &dyn Object, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    let mut result = Ok(());
    object.fields(&mut |names, required, optional, extra| {
        if result.is_ok() {
            result = write_fields(&mut map, names, required, optional, extra);
        }
    });
    result?;
    map.end()
}

fn write_fields<M: SerializeMap>(
    map: &mut M,
    names: &'static Names,
    required: &[&dyn Value],
    optional: &[&dyn Field],
    extra: Option<&Extra>,
) -> Result<(), M::Error> {
    let mut fields = names.fields.iter().enumerate();
    for ((index, name), value) in fields.by_ref().take(names.required).zip(required) {
        // An object without its own id is only serialized to be kept in the `extra` of its parent.
        match extra.map(|extra| (extra.kept(name), extra.absence(index, name))) {
            Some((Some(kept), _)) => map.serialize_entry(name, &WithKept { view: &value.view(), kept })?,
            Some((None, Some(Absence::Missing))) => {}
            Some((None, Some(Absence::Null))) => map.serialize_entry(name, &View::Null)?,
            _ => map.serialize_entry(name, &value.view())?,
        }
    }
    for ((index, name), field) in fields.zip(optional) {
        let kept = extra.and_then(|extra| extra.kept(name));
        if let Some(kept @ (Kept::Items(_) | Kept::Entries(_))) = kept {
            map.serialize_entry(name, &WithKept { view: &field.view(), kept })?;
            continue;
        }
        if !field.is_absent() {
            map.serialize_entry(name, &field.view())?;
            continue;
        }
        match (kept, extra.and_then(|extra| extra.absence(index, name))) {
            (Some(kept), _) => map.serialize_entry(name, &WithKept { view: &View::Null, kept })?,
            (None, Some(Absence::Null)) => map.serialize_entry(name, &View::Null)?,
            (None, Some(Absence::Empty)) => map.serialize_entry(name, &field.view())?,
            (None, Some(Absence::Missing) | None) => {}
        }
    }
    for (name, value) in extra.into_iter().flat_map(Extra::iter) {
        map.serialize_entry(name, value)?;
    }
    Ok(())
}

/// A value and the parts that do not fit into it.
pub(crate) struct WithKept<'a> {
    pub(crate) view: &'a View<'a>,
    pub(crate) kept: &'a Kept,
}

impl Serialize for WithKept<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.kept, self.view) {
            (Kept::Whole(unfit), _) => unfit.value.serialize(serializer),
            (Kept::Items(unfit), View::List(list)) => {
                let count = list.len() + unfit.len();
                let mut items = serializer.serialize_seq(Some(count))?;
                // Each part is at its original index, or at the end if the list has become shorter.
                let mut unfit = unfit.iter().peekable();
                let mut fit = (0..list.len()).peekable();
                for index in 0..count {
                    match (unfit.next_if(|(at, _)| *at <= index || fit.peek().is_none()), fit.peek()) {
                        (Some((_, unfit)), _) => items.serialize_element(&unfit.value)?,
                        (None, Some(index)) => {
                            items.serialize_element(&list.get(*index))?;
                            fit.next();
                        }
                        (None, None) => {}
                    }
                }
                items.end()
            }
            (Kept::Entries(unfit), View::Map(entries)) => {
                let mut map = serializer.serialize_map(None)?;
                let mut result = Ok(());
                entries.each(&mut |name, value| {
                    if result.is_ok() {
                        result = map.serialize_entry(name, &value);
                    }
                });
                result?;
                for (name, unfit) in unfit.iter().filter(|(name, _)| entries.get(name).is_none()) {
                    map.serialize_entry(name, &unfit.value)?;
                }
                map.end()
            }
            (Kept::Items(_) | Kept::Entries(_), view) => view.serialize(serializer),
        }
    }
}
