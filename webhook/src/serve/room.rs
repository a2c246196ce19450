//! The places for connections, and who has to leave when there is none.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::serve::{Limits, pace::Pace};

/// So many strangers may just be shaking hands.
const FEW: usize = 8;

/// Who has said nothing for so long is not about to.
const QUIET: Duration = Duration::from_secs(1);

/// All places.
///
/// When they are taken, the oldest stranger leaves, one that was not answered yet: a flood of silent connections, or of
/// requests without an end, then keeps nobody out who has something to ask. Without strangers the one leaves who has kept
/// us waiting longest, for its next request or to take an answer.
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
    known: BTreeMap<u64, Arc<Pace>>,
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

    /// Takes a place; none when all are taken by those who are being answered, or were a moment ago.
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
    /// Whether somebody leaves.
    fn evict(&mut self) -> bool {
        let leaves = self.strangers.pop_first().or_else(|| {
            let number = self.quietest(Instant::now())?;
            self.known.remove_entry(&number)
        });
        leaves.inspect(|(_, pace)| pace.evicted.notify_one()).is_some()
    }

    /// Who has kept us waiting longest.
    fn quietest(&self, now: Instant) -> Option<u64> {
        let waiting = self.known.iter().filter_map(|(number, pace)| Some((pace.waits()?, *number)));
        let (since, number) = waiting.min()?;
        (since + QUIET <= now).then_some(number)
    }
}

impl Place {
    /// It was answered: it is no stranger any more.
    pub(super) fn settle(&self) {
        let mut inside = self.room.inside();
        if let Some(pace) = inside.strangers.remove(&self.number) {
            inside.known.insert(self.number, pace);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut inside = self.room.inside();
        inside.strangers.remove(&self.number);
        inside.known.remove(&self.number);
        inside.count -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_make_room_and_who_is_being_answered_does_not() {
        let room = Arc::new(Room::new(2));
        let limits = Limits::default();
        let known = room.enter(limits).expect("a place");
        known.settle();
        let stranger = room.enter(limits).expect("a place");
        let other = room.enter(limits).expect("the place of the stranger");
        assert!(!room.inside().strangers.contains_key(&stranger.number));
        other.settle();
        assert!(room.enter(limits).is_none(), "both were answered a moment ago");
        drop((known, stranger));
        assert!(room.enter(limits).is_some());
    }

    #[test]
    fn who_is_quiet_longest_leaves_first() {
        let room = Arc::new(Room::new(3));
        let places = [(); 3].map(|()| room.enter(Limits::default()).expect("a place"));
        places.iter().for_each(Place::settle);
        let quietest = |seconds| {
            let now = Instant::now() + Duration::from_secs(seconds);
            room.inside().quietest(now)
        };
        let [first, second, third] = &places;
        drop(first.pace.begin());
        let _busy = second.pace.begin();
        assert_eq!(quietest(0), None);
        assert_eq!(quietest(30), Some(third.number));
        drop(third.pace.begin());
        assert_eq!(quietest(30), Some(first.number));
    }
}
