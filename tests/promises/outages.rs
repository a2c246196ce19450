//! An API server that dies, stands still, and comes back.

use std::time::Duration;

use meshroute_tests::{rig, rig::Api, wait};

use crate::{PROGRAM, RATE};

const WHILE: Duration = Duration::from_secs(2);

#[test]
fn an_api_server_that_comes_back_is_answered_at_once() {
    rig::run("an_api_server_that_comes_back_is_answered_at_once", PROGRAM, |rig| {
        let mut replica = rig.replica();
        rig.route_to(&[replica.address]);
        rig.register("Fail");
        let writers = rig.writers(RATE);
        wait::pass(WHILE);
        rig.cluster().pause_api_server();
        wait::pass(WHILE);
        rig.cluster().resume_api_server();
        wait::pass(WHILE);
        rig.cluster().kill_api_server();
        rig.cluster().start_api_server().expect("it comes back");
        let back = writers.now();
        *rig.api() = Api::new(rig.api().target());
        // It counts from 0 again.
        let since = rig.mark();
        wait::pass(WHILE);
        let writes = writers.stop();
        println!("{writes}");
        // A connection to an API server that dies is no failure of ours; nor is what it says while it starts.
        for write in writes.failed() {
            assert!(!write.text.contains("webhook"), "{write:?}");
            assert!(write.sent < back, "{back:?}: {write:?}");
        }
        assert!(writes.0.iter().filter(|write| write.sent > back).count() > 50, "{writes}");
        let counted = rig.counted(&since);
        assert_eq!((counted.failures(), counted.opened()), (0, 0), "{}", counted.text());
        assert!(!replica.log().contains("panic"), "{}", replica.log());
        replica.until_ready();
        replica.signal("TERM");
    });
}
