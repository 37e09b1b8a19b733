//! The fields of a JSON object that its struct cannot represent.

use std::{collections::BTreeMap, fmt};

use serde_json::{Map, Value};

use crate::{Mismatch, mismatch::Step};

/// The fields of a JSON object that its struct cannot represent, kept and serialized unchanged.
///
/// They are
/// - the fields that the type does not know, so that a program can use a new field of Seam before this crate supports
///   it;
/// - the values of known fields that are not of the expected type. The field is `None` then, and
///   [`mismatches`](Self::mismatches) lists them. Such a value is serialized as long as the field is empty.
///
/// `Debug` writes only the names, because any of the values may be a secret.
///
/// It also records which known fields were `null` or an empty list rather than absent, so that they are serialized the
/// same way. This is ignored in comparisons: two objects that differ only in it are equal.
///
/// ```
/// use seam_model::UnmanagedAccessCode;
///
/// let code: UnmanagedAccessCode =
///     serde_json::from_str(r#"{"access_code_id":"26d6138c","floor":3,"is_managed":"no"}"#)?;
/// assert_eq!(code.extra.get("floor").and_then(|floor| floor.as_u64()), Some(3));
///
/// assert_eq!(code.is_managed, None);
/// assert_eq!(code.extra.get("is_managed").and_then(|is_managed| is_managed.as_str()), Some("no"));
/// let (mismatch, _) = code.extra.mismatches().next().unwrap();
/// assert_eq!(mismatch.to_string(), "is_managed: expected a boolean");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Extra {
    /// One bit for each of the first 64 known fields that the JSON contains, but without a value: `null`, or an empty
    /// list if the field is a list. Such fields are common, so they do not allocate.
    empty: u64,
    inner: Option<Box<Inner>>,
}

#[derive(Clone, Default)]
struct Inner {
    unknown: Map<String, Value>,
    absent: Vec<(&'static str, Absence)>,
    /// At most one for each known field.
    unfit: Vec<(&'static str, Kept)>,
}

/// The JSON of a field without a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absence {
    /// `null`, although the view of the field without a value is another one.
    Null,
    /// The view of the field without a value: `null`, or an empty list or map.
    Empty,
    /// Absent, although the field is required.
    Missing,
}

/// A value that is not of the expected type.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Unfit {
    pub(crate) value: Value,
    pub(crate) expected: &'static str,
}

/// The parts of a known field that do not fit its type.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Kept {
    /// The whole value.
    Whole(Unfit),
    /// Entries of a list, by their index in the original list, in order.
    Items(Vec<(usize, Unfit)>),
    /// Entries of a map.
    Entries(BTreeMap<String, Unfit>),
}

impl Extra {
    /// Returns the value of the field `name`, if the field is unknown or its value is not of the expected type.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        let inner = self.inner.as_ref()?;
        inner.unknown.get(name).or_else(|| match self.kept(name)? {
            Kept::Whole(unfit) => Some(&unfit.value),
            Kept::Items(_) | Kept::Entries(_) => None,
        })
    }

    /// Returns all unknown fields.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.inner.iter().flat_map(|inner| inner.unknown.iter().map(|(name, value)| (name.as_str(), value)))
    }

    /// Returns the values of known fields, and the entries of their lists, that are not of the expected type. The paths
    /// begin at this object. Mismatches in nested objects are in the `extra` of those.
    pub fn mismatches(&self) -> impl Iterator<Item = (Mismatch, &Value)> {
        self.inner.iter().flat_map(|inner| &inner.unfit).flat_map(|(name, kept)| {
            let steps: Vec<(Option<Step<'_>>, &Unfit)> = match kept {
                Kept::Whole(unfit) => vec![(None, unfit)],
                Kept::Items(items) => items.iter().map(|(index, unfit)| (Some(Step::Index(*index)), unfit)).collect(),
                Kept::Entries(entries) => {
                    entries.iter().map(|(key, unfit)| (Some(Step::Name(key.as_str())), unfit)).collect()
                }
            };
            steps.into_iter().map(|(step, unfit)| {
                let path = Step::Name(name).before(&step.map_or_else(String::new, |step| step.before("")));
                (Mismatch::new(path, unfit.expected), &unfit.value)
            })
        })
    }

    /// Returns whether typed fields represent the whole object.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inner.as_ref().is_none_or(|inner| inner.unknown.is_empty() && inner.unfit.is_empty())
    }

    /// Adds an unknown field. The last of several with the same name is kept.
    #[doc(hidden)]
    pub fn insert(&mut self, name: String, value: Value) {
        self.inner.get_or_insert_default().unknown.insert(name, value);
    }

    /// Returns the unknown fields, if there are any.
    pub(crate) fn into_unknown(mut self) -> Option<Map<String, Value>> {
        self.inner.take().map(|inner| inner.unknown)
    }

    /// Returns whether a known field may be recorded as absent or as not of the expected type.
    #[inline]
    pub(crate) fn has_records(&self) -> bool {
        self.inner.as_ref().is_some_and(|inner| !inner.absent.is_empty() || !inner.unfit.is_empty())
    }

    /// Records the JSON of the known field `name` without a value. `index` is the index of the field.
    pub(crate) fn note(&mut self, index: usize, name: &'static str, absence: Absence) {
        let bit = bit(index);
        self.empty &= !bit;
        if absence == Absence::Empty && bit != 0 {
            self.empty |= bit;
        } else {
            self.inner.get_or_insert_default().absent.push((name, absence));
        }
    }

    /// Removes the record of the known field `name`, which is repeated with a value.
    pub(crate) fn forget_absence(&mut self, name: &str) {
        if let Some(inner) = self.inner.as_mut() {
            inner.absent.retain(|(noted, _)| *noted != name);
        }
    }

    /// Returns the JSON of the known field `name` without a value; `None` if it was absent.
    pub(crate) fn absence(&self, index: usize, name: &str) -> Option<Absence> {
        if self.empty & bit(index) != 0 {
            return Some(Absence::Empty);
        }
        let inner = self.inner.as_ref()?;
        inner.absent.iter().rev().find(|(noted, _)| *noted == name).map(|(_, absence)| *absence)
    }

    /// Keeps the parts that do not fit the known field `name`.
    pub(crate) fn keep(&mut self, name: &'static str, kept: Kept) {
        self.inner.get_or_insert_default().unfit.push((name, kept));
    }

    /// Removes the parts that did not fit the known field `name`, which is repeated.
    pub(crate) fn forget(&mut self, name: &str) {
        if let Some(inner) = self.inner.as_mut().filter(|inner| !inner.unfit.is_empty()) {
            inner.unfit.retain(|(kept, _)| *kept != name);
        }
    }

    /// Returns the parts that did not fit the known field `name`.
    pub(crate) fn kept(&self, name: &str) -> Option<&Kept> {
        let inner = self.inner.as_ref()?;
        inner.unfit.iter().find(|(kept, _)| *kept == name).map(|(_, kept)| kept)
    }
}

/// Returns the bit of the field at an index in [`Extra::empty`]; none after the first 64.
fn bit(index: usize) -> u64 {
    if index < 64 { 1 << index } else { 0 }
}

impl From<Map<String, Value>> for Extra {
    fn from(unknown: Map<String, Value>) -> Self {
        let inner = (!unknown.is_empty()).then(|| Box::new(Inner { unknown, ..Inner::default() }));
        Self { empty: 0, inner }
    }
}

/// Collects unknown fields.
impl FromIterator<(String, Value)> for Extra {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(fields: I) -> Self {
        Self::from(Map::from_iter(fields))
    }
}

/// Adds unknown fields. The last of several with the same name is kept.
impl Extend<(String, Value)> for Extra {
    fn extend<I: IntoIterator<Item = (String, Value)>>(&mut self, fields: I) {
        fields.into_iter().for_each(|(name, value)| self.insert(name, value));
    }
}

/// Most values have nothing to drop, so the code for that is out of line.
impl Drop for Extra {
    #[inline]
    fn drop(&mut self) {
        #[cold]
        #[inline(never)]
        fn drop_inner(inner: Box<Inner>) {
            drop(inner);
        }

        if let Some(inner) = self.inner.take() {
            drop_inner(inner);
        }
    }
}

impl PartialEq for Extra {
    fn eq(&self, other: &Self) -> bool {
        let unfit = |extra: &Self| extra.inner.as_ref().map_or(0, |inner| inner.unfit.len());
        let mut kept = self.inner.iter().flat_map(|inner| &inner.unfit);
        self.iter().eq(other.iter())
            && unfit(self) == unfit(other)
            && kept.all(|(name, kept)| other.kept(name) == Some(kept))
    }
}

impl Eq for Extra {}

impl fmt::Debug for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unknown = self.iter().map(|(name, _)| name.to_owned());
        let unfit = self.mismatches().map(|(mismatch, _)| mismatch.path().to_owned());
        f.debug_set().entries(unknown.chain(unfit)).finish()
    }
}
