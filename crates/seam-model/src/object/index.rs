//! An index of the names of a struct's fields, computed when the struct is compiled.
#![expect(
    clippy::indexing_slicing,
    reason = "a const fn has no other access to a slice, and each index is below the length"
)]

use super::Names;

/// Returns the length of the [`index`] of `names`.
#[doc(hidden)]
#[must_use]
pub const fn index_len(names: &[&str]) -> usize {
    assert!(names.len() < 255);
    (2 * names.len() + 1).next_power_of_two()
}

/// Returns a hash table with linear probing: the position of a name plus one, or zero. At least half of it is zero.
#[doc(hidden)]
#[must_use]
pub const fn index<const LEN: usize>(names: &[&str]) -> [u8; LEN] {
    let mut index = [0; LEN];
    let mut position = 0;
    while position < names.len() {
        let mut at = hash(names[position].as_bytes()) % LEN;
        while index[at] != 0 {
            at = (at + 1) % LEN;
        }
        position += 1;
        #[expect(clippy::cast_possible_truncation, reason = "there are fewer than 255 names")]
        {
            index[at] = position as u8;
        }
    }
    index
}

/// A hash of the length, the first and the last byte, which differ in most names of one struct.
const fn hash(name: &[u8]) -> usize {
    match name {
        [first, .., last] => name.len() * 3 + *first as usize * 8 + *last as usize * 4,
        _ => name.len(),
    }
}

/// Returns the index of the field `key`, which is probably `next`.
#[inline(always)]
pub(crate) fn find(names: &Names, next: usize, key: &[u8]) -> Option<usize> {
    let is_key = |position: usize| names.fields.get(position).is_some_and(|name| name.as_bytes() == key);
    if is_key(next) {
        return Some(next);
    }
    let mask = names.index.len().wrapping_sub(1);
    let mut at = hash(key);
    loop {
        let position = usize::from(*names.index.get(at & mask)?).checked_sub(1)?;
        if is_key(position) {
            return Some(position);
        }
        at += 1;
    }
}
