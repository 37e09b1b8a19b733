//! Access systems, a module for each of their route groups.

mod access;
mod access_groups;
mod credentials;
mod encoders;
mod entrances;
mod membership;
mod system_kinds;
mod systems;
mod user_records;
mod users;

#[cfg(feature = "seed-file")]
pub(crate) use self::system_kinds::kind_of_type;
pub(crate) use self::{
    access::all_entrances_of_user,
    credentials::{add as add_credential, assign_to, delete as delete_credential, end_credential, issue, set_times},
    encoders::{card_to_encode, encode, finish_scanning, finish_scanning_to_assign, write_card},
    entrances::{finish_unlocking, start_unlocking},
    system_kinds::{kind_of, set_type, system_type_of},
    user_records::{check_only_user, link, of_identity_or_new, unlink},
    users::delete as delete_user,
};
use crate::call::Handler;

pub(crate) fn handler(path: &str) -> Option<Handler> {
    let handlers: [fn(&str) -> Option<Handler>; 6] = [
        access_groups::handler,
        credentials::handler,
        encoders::handler,
        entrances::handler,
        systems::handler,
        users::handler,
    ];
    handlers.iter().find_map(|handler| handler(path))
}
