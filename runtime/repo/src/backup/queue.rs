//! A queue between threads, bounded by weight: bytes, or pieces of work.
//!
//! Closing it is how a run ends: who waits to push is told, who pops gets what is left and then nothing.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A queue of many givers and many takers.
pub(crate) struct Queue<T> {
    state: Mutex<State<T>>,
    filled: Condvar,
    drained: Condvar,
    limit: usize,
}

struct State<T> {
    items: VecDeque<(T, usize)>,
    weight: usize,
    closed: bool,
}

impl<T> Queue<T> {
    /// Holds items of this weight together, and always at least one.
    pub(crate) fn new(limit: usize) -> Self {
        let state = State { items: VecDeque::new(), weight: 0, closed: false };
        Self { state: Mutex::new(state), filled: Condvar::new(), drained: Condvar::new(), limit }
    }

    /// Waits for room. Gives the item back if the queue is closed.
    pub(crate) fn push(&self, item: T, weight: usize) -> Result<(), T> {
        let mut state = self.lock();
        while !state.closed && !state.has_room(weight, self.limit) {
            state = self.drained.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.closed {
            return Err(item);
        }
        self.put(state, item, weight);
        Ok(())
    }

    /// Gives the item back if there is no room now, or the queue is closed.
    pub(crate) fn try_push(&self, item: T, weight: usize) -> Result<(), T> {
        let state = self.lock();
        if state.closed || !state.has_room(weight, self.limit) {
            return Err(item);
        }
        self.put(state, item, weight);
        Ok(())
    }

    /// Waits for an item; nothing once the queue is closed and empty.
    pub(crate) fn pop(&self) -> Option<T> {
        let mut state = self.lock();
        loop {
            if let Some((item, weight)) = state.items.pop_front() {
                state.weight -= weight;
                drop(state);
                self.drained.notify_all();
                return Some(item);
            }
            if state.closed {
                return None;
            }
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Nothing more will be pushed.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_all();
        self.drained.notify_all();
    }

    /// Closes it and drops what is left: nobody wants it any more.
    pub(crate) fn abandon(&self) {
        self.close();
        let mut state = self.lock();
        state.weight = 0;
        let left = std::mem::take(&mut state.items);
        drop(state);
        drop(left);
    }

    fn put(&self, mut state: MutexGuard<'_, State<T>>, item: T, weight: usize) {
        state.weight += weight;
        state.items.push_back((item, weight));
        drop(state);
        self.filled.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> State<T> {
    fn has_room(&self, weight: usize, limit: usize) -> bool {
        self.items.is_empty() || self.weight + weight <= limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_bounded_by_weight_and_takes_one_item_of_any() {
        let queue = Queue::new(10);
        assert_eq!(queue.try_push('a', 100), Ok(()));
        assert_eq!(queue.try_push('b', 1), Err('b'));
        assert_eq!(queue.pop(), Some('a'));
        assert_eq!(queue.try_push('b', 6), Ok(()));
        assert_eq!(queue.try_push('c', 4), Ok(()));
        assert_eq!(queue.try_push('d', 1), Err('d'));
    }

    #[test]
    fn closing_lets_takers_finish_and_sends_givers_home() {
        let queue = Queue::new(1);
        assert!(queue.push(1, 1).is_ok());
        std::thread::scope(|scope| {
            let giver = scope.spawn(|| queue.push(2, 1));
            queue.close();
            assert_eq!(giver.join().unwrap(), Err(2));
        });
        assert_eq!(queue.pop(), Some(1));
        assert_eq!(queue.pop(), None);
    }

    #[test]
    fn nothing_is_lost_between_many_threads() {
        let queue = Queue::new(3);
        let taken = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    while let Some(number) = queue.pop() {
                        taken.fetch_add(number, std::sync::atomic::Ordering::Relaxed);
                    }
                });
            }
            let givers: Vec<_> =
                (0..3).map(|_| scope.spawn(|| (1..=100).try_for_each(|n| queue.push(n, 1)))).collect();
            givers.into_iter().for_each(|giver| giver.join().unwrap().unwrap());
            queue.close();
        });
        assert_eq!(taken.into_inner(), 3 * 5050);
    }
}
