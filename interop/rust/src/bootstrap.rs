use std::error::Error;

use serde_json::{Value, from_str};
use tonic_xds::BootstrapConfig;

/// The bootstrap of all gRPC clients, with a scheme: tonic-xds connects to `http://HOST:PORT`, and nowhere if that is
/// `HOST:PORT`, as gRPC writes it.
pub fn from_env() -> Result<BootstrapConfig, Box<dyn Error>> {
    let mut bootstrap: Value = from_str(&std::env::var("GRPC_XDS_BOOTSTRAP_CONFIG")?)?;
    for server in bootstrap["xds_servers"].as_array_mut().into_iter().flatten() {
        if let Value::String(uri) = &mut server["server_uri"]
            && !uri.contains("://")
        {
            *uri = format!("http://{uri}");
        }
    }
    Ok(BootstrapConfig::from_json(&bootstrap.to_string())?)
}
