//! The kernel's generator.

use mainstay_world::Random;

/// Random bytes from `getrandom`.
#[derive(Debug, Default)]
pub struct KernelRandom;

impl Random for KernelRandom {
    #[expect(clippy::panic, reason = "without random bytes there is no key and no nonce: nothing may go on")]
    fn fill(&self, buffer: &mut [u8]) {
        if let Err(error) = getrandom::fill(buffer) {
            panic!("the kernel gives no random bytes: {error}");
        }
    }
}
