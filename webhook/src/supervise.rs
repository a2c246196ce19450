//! The tasks of the process: if one ends that should not, all end.

use std::time::Duration;

use tokio::{sync::watch, task::JoinSet, time::timeout};

use crate::stop::Phase;

/// The tasks.
///
/// A process that lives on without one of them looks healthy and is not. A new process has all of them.
#[derive(Debug, Default)]
pub struct Tasks(JoinSet<&'static str>);

impl Tasks {
    /// Starts a task that serves until the process stops.
    pub fn spawn(&mut self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        // A panic would lose the name.
        let task = tokio::spawn(task);
        self.0.spawn(async move {
            let _ = task.await;
            name
        });
    }

    /// Waits until the process stops and the tasks of `names` have ended, the others have no work to finish.
    ///
    /// # Errors
    ///
    /// Names the task that ended although nobody asked for it.
    pub async fn run(
        &mut self,
        mut phase: watch::Receiver<Phase>,
        names: &[&str],
        limit: Duration,
    ) -> Result<(), &'static str> {
        tokio::select! {
            biased;
            () = Phase::reached(&mut phase, Phase::Stopping) => {}
            Some(ended) = self.0.join_next() => return Err(ended.unwrap_or("a task")),
        }
        let all = async {
            let mut left = names.len();
            while left > 0 {
                match self.0.join_next().await {
                    Some(Ok(name)) if names.contains(&name) => left -= 1,
                    Some(_) => {}
                    None => return,
                }
            }
        };
        // What is not done by now is cut.
        let _ = timeout(limit, all).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn a_task_that_ends_or_breaks_ends_all() {
        let (_phase, follower) = watch::channel(Phase::Serving);
        let mut tasks = Tasks::default();
        tasks.spawn("a", pending());
        tasks.spawn("b", async {});
        assert_eq!(tasks.run(follower.clone(), &["a"], LIMIT).await, Err("b"));
        let mut tasks = Tasks::default();
        tasks.spawn("a", pending());
        tasks.spawn("b", async { panic!("on purpose") });
        assert_eq!(tasks.run(follower, &["a"], LIMIT).await, Err("b"));
    }

    #[tokio::test]
    async fn a_stop_waits_for_those_with_work() {
        let (phase, follower) = watch::channel(Phase::Serving);
        let mut tasks = Tasks::default();
        let mut seen = follower.clone();
        tasks.spawn("a", async move { Phase::reached(&mut seen, Phase::Stopping).await });
        tasks.spawn("b", pending());
        phase.send_replace(Phase::Stopping);
        assert_eq!(tasks.run(follower, &["a"], LIMIT).await, Ok(()));
    }
}
