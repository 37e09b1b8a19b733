//! Estimates the memory that a response takes once it is read, before it is read.
//!
//! A document of many tiny values takes up to 80 times its size: a resource with its id alone is 20 bytes of JSON, and a
//! struct with all its fields. Real answers take about twice theirs.

use crate::response::repair::DEEPEST;

/// How many times its size a response may take in memory.
const FACTOR: usize = 20;

/// What a response may take in memory whatever its size.
const ALLOWANCE: usize = 16 << 20;

/// The most bytes that a value takes beyond those of its strings: a resource in a list that just grew, any other object, a
/// further member of an unknown object, an item of a list.
const RESOURCE: usize = 2300;
const OBJECT: usize = 700;
const MEMBER: usize = 110;
const ITEM: usize = 96;

/// How many members of an object are in [`OBJECT`].
const FREE_MEMBERS: usize = 8;

/// The deepest list that holds resources: `{"batch":{"devices":[`.
const DEEPEST_LIST: usize = 3;

/// Whether a response may be read, by the number of its values. Linear in its length.
pub(crate) fn may_read(document: &[u8]) -> bool {
    // A byte is 80 bytes of memory at most, so a small document need not be counted.
    if document.len().saturating_mul(100) <= ALLOWANCE {
        return true;
    }
    let (mut resources, mut objects, mut lists, mut members, mut commas) =
        (0_usize, 0_usize, 0_usize, 0_usize, 0_usize);
    let mut depth = 0_usize;
    // Whether the value around is a list, as far down as resources are.
    let mut is_list = [false; DEEPEST_LIST + 1];
    let mut bytes = document.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            // Values deeper than this are kept as a string.
            b'{' | b'[' if depth >= DEEPEST => depth += 1,
            b':' | b',' if depth > DEEPEST => {}
            b'{' | b'[' => {
                let is_resource = *byte == b'{' && is_list.get(depth).is_some_and(|is_list| *is_list);
                depth += 1;
                if let Some(is_list) = is_list.get_mut(depth) {
                    *is_list = *byte == b'[';
                }
                match byte {
                    _ if is_resource => resources += 1,
                    b'{' => objects += 1,
                    _ => lists += 1,
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b':' => members += 1,
            b',' => commas += 1,
            b'"' => {
                while let Some(byte) = bytes.next() {
                    match byte {
                        b'"' => break,
                        b'\\' => drop(bytes.next()),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    // A comma is behind each member and each item that is not the last one.
    let items = (lists + commas).saturating_sub(members.saturating_sub(objects + resources));
    let more_members = members.saturating_sub((objects + resources).saturating_mul(FREE_MEMBERS));
    let costs = [(resources, RESOURCE), (objects, OBJECT), (more_members, MEMBER), (items, ITEM), (document.len(), 2)];
    let estimate: usize = costs.into_iter().map(|(count, cost)| count.saturating_mul(cost)).sum();
    estimate <= document.len().saturating_mul(FACTOR).max(ALLOWANCE)
}
