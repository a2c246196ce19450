//! The names in our certificates: what the process is reached by.

use rustls::pki_types::ServerName;

/// On the same machine, and through a forwarded port.
const NEAR: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// The Service, as the chart names it.
const SERVICE: &str = "meshroute-webhook";

/// The namespaces that it is usually in.
const NAMESPACES: [&str; 3] = ["default", "meshroute", "meshroute-system"];

/// Returns the names: those that were given, or else those of a Service in our namespace and in the usual ones.
pub fn names(given: &[String], namespace: Option<&str>) -> Vec<String> {
    let mut names = NEAR.map(str::to_owned).to_vec();
    if given.is_empty() {
        let own = namespace.filter(|own| !NAMESPACES.contains(own));
        names.push(SERVICE.to_owned());
        for namespace in own.into_iter().chain(NAMESPACES) {
            names.push(format!("{SERVICE}.{namespace}"));
            names.push(format!("{SERVICE}.{namespace}.svc"));
        }
    }
    names.extend(given.iter().filter(|name| !NEAR.contains(&name.as_str())).cloned());
    names
}

/// Reads a name, or an address.
///
/// # Errors
///
/// Says that no certificate can have it.
pub fn read(text: &str) -> Result<String, String> {
    let name = ServerName::try_from(text).map(|_| text.to_lowercase());
    name.map_err(|_| "neither a name of DNS nor an address of IP".to_owned())
}
