//! Estimates the memory of a decoded response before it is decoded.
//!
//! A document of many tiny values needs up to 80 times its size: a resource with only its id is 20 bytes of JSON, but a
//! struct with all fields. Typical responses need about twice their size.

use crate::response::repair::DEEPEST;

/// The maximum ratio of the memory of a response to its size.
const FACTOR: usize = 20;

/// The memory that any response may use, in bytes.
const ALLOWANCE: usize = 16 << 20;

/// The maximum memory of a value without its strings, in bytes: a resource in a list that just grew, any other object,
/// a further member of an unknown object, an item of a list.
const RESOURCE: usize = 2300;
const OBJECT: usize = 700;
const MEMBER: usize = 110;
const ITEM: usize = 96;

/// The number of members of an object that [`OBJECT`] includes.
const FREE_MEMBERS: usize = 8;

/// The depth of the deepest list of resources: `{"batch":{"devices":[`.
const DEEPEST_LIST: usize = 3;

/// Returns whether a response may be decoded, by the number of its values. Takes linear time.
pub(crate) fn may_read(document: &[u8]) -> bool {
    // A byte needs at most 80 bytes of memory, so a small document need not be scanned.
    if document.len().saturating_mul(100) <= ALLOWANCE {
        return true;
    }
    let (mut resources, mut objects, mut lists, mut members, mut commas) =
        (0_usize, 0_usize, 0_usize, 0_usize, 0_usize);
    let mut depth = 0_usize;
    // Whether the enclosing value is a list, down to the depth of resources.
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
    // A comma follows each member and each item except the last.
    let items = (lists + commas).saturating_sub(members.saturating_sub(objects + resources));
    let more_members = members.saturating_sub((objects + resources).saturating_mul(FREE_MEMBERS));
    let costs = [(resources, RESOURCE), (objects, OBJECT), (more_members, MEMBER), (items, ITEM), (document.len(), 2)];
    let estimate: usize = costs.into_iter().map(|(count, cost)| count.saturating_mul(cost)).sum();
    estimate <= document.len().saturating_mul(FACTOR).max(ALLOWANCE)
}
