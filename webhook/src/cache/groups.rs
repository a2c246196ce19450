//! Which API groups are installed, and which release of the Gateway API: asked for now and then.
//!
//! Definitions are large and hardly change; the list of groups may be read by everybody.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
    time::Duration,
};

use meshroute::{
    cluster::{GatewayApi, Known, Object, Part},
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
        let rest = match groups(&server, &cache).await {
            Ok(()) => {
                told = false;
                OFTEN
            }
            Err(trouble) => {
                let (message, rest) = match trouble {
                    Trouble::Answered(message) | Trouble::Lost(message) => (message, SOON),
                    Trouble::Refused(message) => (message, OFTEN),
                    Trouble::Absent | Trouble::Expired => {
                        ("there is no list of groups".into(), OFTEN)
                    }
                };
                if rest == OFTEN {
                    cache.cannot_read(Kind::Crd);
                }
                if !std::mem::replace(&mut told, true) {
                    let fields = [("kind", Kind::Crd.name()), ("error", message.as_str())];
                    log.line(Level::Warning, "cannot follow", &fields);
                }
                rest
            }
        };
        sleep(rest).await;
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
    let groups: BTreeSet<String> = groups.into_iter().map(|group| group.name).collect();
    let release = match &definition {
        Some(Object::Crd { gateway_api, .. }) => Known::Known(gateway_api.as_ref()),
        _ => Known::Unknown,
    };
    // What has not changed is no news, for which all stored routes would be judged again.
    let is_same = cache.see(&BTreeSet::new(), |view| {
        view.cluster.crd_groups().eq(&groups) && view.cluster.gateway_api() == release
    });
    if !is_same {
        cache.change(|state| {
            let cluster = &mut state.cluster;
            cluster.clear(&Part::cluster(Kind::Crd));
            for group in groups {
                cluster.insert(Object::Crd { group, gateway_api: None });
            }
            match definition {
                Some(definition) => {
                    cluster.insert(definition);
                    cluster.learn(GatewayApi::part());
                }
                None => cluster.unlearn(&GatewayApi::part()),
            }
        });
    }
    cache.has_all(Kind::Crd, &HashSet::new());
    Ok(())
}
