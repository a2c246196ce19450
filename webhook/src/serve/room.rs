//! The places for connections, and who has to leave when there is none.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::serve::{Limits, pace::Pace};

/// So many strangers may just be shaking hands.
const FEW: usize = 8;

/// All places.
///
/// When they are taken, the oldest stranger leaves, one that has not asked anything yet: a flood of silent connections then
/// keeps nobody out who has something to ask.
#[derive(Debug)]
pub(super) struct Room {
    size: usize,
    inside: Mutex<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    count: usize,
    next: u64,
    strangers: BTreeMap<u64, Arc<Pace>>,
}

/// One place; it is free again when this goes.
#[derive(Debug)]
pub(super) struct Place {
    room: Arc<Room>,
    number: u64,
    /// The pace of its connection.
    pub(super) pace: Arc<Pace>,
}

impl Room {
    /// Makes a room of a size.
    pub(super) fn new(size: usize) -> Self {
        Self { size, inside: Mutex::default() }
    }

    /// Takes a place; none when all are taken by those who have asked something.
    pub(super) fn enter(self: &Arc<Self>, limits: Limits) -> Option<Place> {
        let mut inside = self.inside();
        if inside.count >= self.size && !inside.evict() {
            return None;
        }
        let pace = Arc::new(Pace::new(limits));
        let number = inside.next;
        inside.next += 1;
        inside.count += 1;
        inside.strangers.insert(number, Arc::clone(&pace));
        Some(Place { room: Arc::clone(self), number, pace })
    }

    /// Makes room for another: the system has none. Where only a few are inside, others hold what is missing.
    pub(super) fn evict(&self) {
        let mut inside = self.inside();
        if inside.strangers.len() > FEW {
            inside.evict();
        }
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    /// Whether there was a stranger.
    fn evict(&mut self) -> bool {
        let oldest = self.strangers.pop_first();
        oldest.inspect(|(_, pace)| pace.evicted.notify_one()).is_some()
    }
}

impl Place {
    /// It has asked something: it stays.
    pub(super) fn settle(&self) {
        self.room.inside().strangers.remove(&self.number);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut inside = self.room.inside();
        inside.strangers.remove(&self.number);
        inside.count -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_make_room_and_others_do_not() {
        let room = Arc::new(Room::new(2));
        let limits = Limits::default();
        let known = room.enter(limits).expect("a place");
        known.settle();
        let stranger = room.enter(limits).expect("a place");
        let other = room.enter(limits).expect("the place of the stranger");
        assert!(!room.inside().strangers.contains_key(&stranger.number));
        other.settle();
        assert!(room.enter(limits).is_none());
        drop((known, stranger));
        assert!(room.enter(limits).is_some());
    }
}
