//! The cases of the in-memory Seam: the cost of a request beside a growing state.

use std::time::Duration;

use seam_core::{Clock, Seam};
use seam_fake::{FakeSeam, NewDevice};

use crate::{Case, Growth::Flat, Growth::Linear, Operation};

pub(crate) const CASES: [Case; 9] = [
    Case { name: "a device among others", growth: Flat, size: 16, prepare: get_device },
    Case { name: "a page among other devices", growth: Flat, size: 16, prepare: first_page },
    Case { name: "the page in the middle of all devices", growth: Flat, size: 32, prepare: middle_page },
    Case { name: "the devices of a page", growth: Linear, size: 20, prepare: page_size },
    Case { name: "a search among devices", growth: Linear, size: 16, prepare: search },
    Case { name: "a new access code among those of other doors", growth: Flat, size: 16, prepare: create_code },
    Case { name: "a deleted access code among those of other doors", growth: Flat, size: 32, prepare: delete_code },
    Case { name: "an unlock after others", growth: Flat, size: 16, prepare: unlock },
    Case { name: "the latest events after others", growth: Linear, size: 16, prepare: events },
];

/// The cases whose costs are printed, each with its size.
pub(crate) const FIGURES: [(&str, usize); 7] = [
    ("a device among others", 1_000),
    ("the devices of a page", 160),
    ("a page among other devices", 16),
    ("a page among other devices", 10_000),
    ("a new access code among those of other doors", 500),
    ("a deleted access code among those of other doors", 500),
    ("an unlock after others", 100),
];

fn locks(count: usize) -> (FakeSeam, Seam) {
    let fake = FakeSeam::empty();
    for number in 0..count {
        fake.add_device(NewDevice::of_type("august_lock").id(format!("lock-{number}")).name(format!("Door {number}")));
    }
    fake.disable_rate_limits();
    let seam = fake.seam();
    (fake, seam)
}

fn get_device(size: usize) -> Operation {
    let (_fake, seam) = locks(size);
    let id = format!("lock-{}", size / 2);
    Box::new(move |_| drop(pollster::block_on(seam.devices().get(&id).into_future()).unwrap()))
}

fn first_page(size: usize) -> Operation {
    let (_fake, seam) = locks(size);
    Box::new(move |_| assert_eq!(pollster::block_on(seam.devices().list().limit(5).into_future()).unwrap().len(), 5))
}

fn middle_page(size: usize) -> Operation {
    let (_fake, seam) = locks(size);
    let mut page = pollster::block_on(seam.devices().list().limit(5).into_future()).unwrap();
    for _ in 0..size / 10 {
        let next = seam.devices().list().limit(5).page_cursor(page.next_cursor().unwrap());
        page = pollster::block_on(next.into_future()).unwrap();
    }
    let cursor = page.next_cursor().unwrap().to_owned();
    Box::new(move |_| {
        let page = seam.devices().list().limit(5).page_cursor(&cursor);
        assert_eq!(pollster::block_on(page.into_future()).unwrap().len(), 5);
    })
}

fn page_size(size: usize) -> Operation {
    let (_fake, seam) = locks(320);
    let limit = u32::try_from(size).unwrap();
    Box::new(move |_| {
        assert_eq!(pollster::block_on(seam.devices().list().limit(limit).into_future()).unwrap().len(), size);
    })
}

fn search(size: usize) -> Operation {
    let (_fake, seam) = locks(size);
    let name = format!("door {}", size / 2);
    Box::new(move |_| drop(pollster::block_on(seam.devices().list().search(&name).into_future()).unwrap()))
}

/// Creates a code on each lock, and returns the ids of the codes.
fn codes(fake: &FakeSeam, seam: &Seam, count: usize) -> Vec<seam_core::model::AccessCodeId> {
    let create = |number: usize| {
        let code =
            seam.access_codes().create(format!("lock-{number}")).name("Guest").code(format!("{}", 10_000 + number));
        pollster::block_on(code.into_future()).unwrap().access_code_id
    };
    let ids = (0..count).map(create).collect();
    fake.advance(Duration::from_secs(60));
    ids
}

fn create_code(size: usize) -> Operation {
    let (fake, seam) = locks(size);
    codes(&fake, &seam, size);
    Box::new(move |round| {
        let code = seam.access_codes().create("lock-0").name("Other").code(format!("{}", 90_000 + round));
        pollster::block_on(code.into_future()).unwrap();
    })
}

fn delete_code(size: usize) -> Operation {
    let (fake, seam) = locks(size);
    let mut ids = codes(&fake, &seam, size);
    Box::new(move |_| drop(pollster::block_on(seam.access_codes().delete(ids.pop().unwrap()).into_future()).unwrap()))
}

fn unlocks(fake: &FakeSeam, seam: &Seam, count: usize) {
    for _ in 0..count {
        pollster::block_on(seam.locks().unlock_door("lock-0").into_future()).unwrap();
        fake.advance(Duration::from_secs(1));
    }
}

fn unlock(size: usize) -> Operation {
    let (fake, seam) = locks(1);
    unlocks(&fake, &seam, size);
    Box::new(move |_| drop(pollster::block_on(seam.locks().unlock_door("lock-0").into_future()).unwrap()))
}

fn events(size: usize) -> Operation {
    let (fake, seam) = locks(1);
    unlocks(&fake, &seam, size);
    let since = fake.clock().system_time() - Duration::from_secs(5);
    Box::new(move |_| drop(pollster::block_on(seam.events().list().since(since).limit(5).into_future()).unwrap()))
}
