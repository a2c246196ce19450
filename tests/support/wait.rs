//! Waiting for what another process does: the only place where tests sleep.

use std::{
    thread,
    time::{Duration, Instant},
};

/// Asks again and again until there is an answer, and returns it.
///
/// # Errors
///
/// Returns the last reason why there is none yet, once the time is over.
pub fn until<T>(limit: Duration, mut ask: impl FnMut() -> Result<T, String>) -> Result<T, String> {
    let start = Instant::now();
    loop {
        match ask() {
            Ok(answer) => return Ok(answer),
            Err(reason) if start.elapsed() > limit => {
                return Err(format!("after {limit:?}: {reason}"));
            }
            Err(_) => thread::sleep(Duration::from_millis(50)),
        }
    }
}

/// Lets a time pass that something else takes in a cluster, such as until an endpoint is known to be gone.
pub fn pass(lag: Duration) {
    thread::sleep(lag);
}
