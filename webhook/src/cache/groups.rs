//! Which API groups are installed, and which release of the Gateway API: asked for now and then.
//!
//! Definitions are large and hardly change; the list of groups may be read by everybody.

use std::{collections::HashSet, sync::Arc, time::Duration};

use meshroute::{
    cluster::{GatewayApi, Object, Part},
    kind::{Kind, Resource},
    served::item,
};
use serde::Deserialize;
use tokio::time::sleep;

use super::{
    Cache,
    ask::{Server, Trouble},
};
use crate::log::{Level, Log};

/// How often is asked.
const OFTEN: Duration = Duration::from_secs(30);
/// How often while there is no answer.
const SOON: Duration = Duration::from_secs(2);

/// `APIGroupList` (`k8s.io/apimachinery`, `meta/v1/types.go`).
#[derive(Deserialize)]
struct Groups {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    name: String,
}

/// Keeps it up to date for ever.
pub(super) async fn keep(server: Server, cache: Arc<Cache>, log: Log) {
    let mut told = false;
    loop {
        match groups(&server, &cache).await {
            Ok(()) => told = false,
            Err(trouble) => {
                let (Trouble::Refused(message)
                | Trouble::Answered(message)
                | Trouble::Lost(message)) = &trouble
                else {
                    cache.cannot_read(Kind::Crd);
                    sleep(OFTEN).await;
                    continue;
                };
                if !std::mem::replace(&mut told, true) {
                    let fields = [("kind", Kind::Crd.name()), ("error", message.as_str())];
                    log.line(Level::Warning, "cannot follow", &fields);
                }
                if matches!(trouble, Trouble::Refused(_)) {
                    cache.cannot_read(Kind::Crd);
                } else {
                    sleep(SOON).await;
                    continue;
                }
            }
        }
        sleep(OFTEN).await;
    }
}

async fn groups(server: &Server, cache: &Cache) -> Result<(), Trouble> {
    let text = server.text("/apis").await?;
    let Groups { groups } = serde_json::from_str(&text)
        .map_err(|error| Trouble::Answered(format!("/apis: no list of groups: {error}")))?;
    let path = Resource::of(Kind::Crd).path("v1", None);
    let definition = match server.text(&format!("{path}/{}", GatewayApi::DEFINITION)).await {
        Ok(text) => item(Kind::Crd, &text).lowered.object,
        // Without the right to read it, lints assume a release.
        Err(Trouble::Absent | Trouble::Refused(_)) => None,
        Err(trouble) => return Err(trouble),
    };
    let groups =
        groups.into_iter().map(|Group { name }| Object::Crd { group: name, gateway_api: None });
    cache.change(|state| {
        let cluster = &mut state.cluster;
        cluster.clear(&Part::cluster(Kind::Crd));
        groups.for_each(|group| {
            cluster.insert(group);
        });
        match definition {
            Some(definition) => {
                cluster.insert(definition);
                cluster.learn(GatewayApi::part());
            }
            None => cluster.unlearn(&GatewayApi::part()),
        }
    });
    cache.has_all(Kind::Crd, &HashSet::new());
    Ok(())
}
