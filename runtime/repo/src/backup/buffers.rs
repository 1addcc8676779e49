//! Buffers that are used again. A page that is touched for the first time costs more than the work done on its
//! bytes, and a pool that is counted is a bound on memory: who needs a buffer waits until one comes back.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Buffers of one size, made when first needed, at most so many.
#[derive(Clone)]
pub(crate) struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    returned: Condvar,
    buffer_bytes: usize,
}

struct State {
    free: Vec<Vec<u8>>,
    left_to_make: usize,
}

/// A buffer of a pool; dropped, it goes back.
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    home: Arc<Shared>,
}

impl Pool {
    /// At most `count` buffers of `buffer_bytes` each.
    pub(crate) fn new(count: usize, buffer_bytes: usize) -> Self {
        let state = Mutex::new(State { free: Vec::new(), left_to_make: count.max(1) });
        Self { shared: Arc::new(Shared { state, returned: Condvar::new(), buffer_bytes }) }
    }

    /// A buffer of the pool's size with bytes of an earlier use in it. Waits for one.
    pub(crate) fn take(&self) -> Buffer {
        let mut state = self.shared.lock();
        let bytes = loop {
            if let Some(bytes) = state.free.pop() {
                break bytes;
            }
            if state.left_to_make > 0 {
                state.left_to_make -= 1;
                // Zeroed by the kernel when touched, not before.
                break vec![0; self.shared.buffer_bytes];
            }
            state = self.shared.returned.wait(state).unwrap_or_else(PoisonError::into_inner);
        };
        Buffer { bytes, home: Arc::clone(&self.shared) }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // The last one back is the first one out: it is still warm.
        self.home.lock().free.push(std::mem::take(&mut self.bytes));
        self.home.returned.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_as_it_was_left() {
        let pool = Pool::new(1, 16);
        pool.take()[3] = 7;
        let again = pool.take();
        assert_eq!((again[3], again.len()), (7, 16));
    }

    #[test]
    fn who_finds_none_waits_for_one() {
        let pool = Pool::new(2, 1);
        let (one, two) = (pool.take(), pool.take());
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| pool.take().len());
            drop(one);
            assert_eq!(waiting.join().unwrap(), 1);
        });
        drop(two);
    }
}
