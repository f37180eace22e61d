//! tonic-xds under test: it makes the calls that it is told to on standard input and says on standard output who answered.
//! The protocol is described in interop/README.md and is the same for every language.

mod bootstrap;
mod echo;
mod tally;

use std::collections::HashMap;
use std::error::Error;
use std::time::Duration;

use echo::Echo;
use serde::Deserialize;
use serde_json::json;
use tally::{Tally, emit};
use tokio::io::{AsyncBufReadExt, BufReader, stdin};
use tokio::sync::oneshot;
use tokio::task::{JoinSet, LocalSet, spawn_local};
use tokio::time::{MissedTickBehavior, interval};
use tonic_xds::{BootstrapConfig, XdsChannelBuilder, XdsChannelConfig, XdsUri};

const TALLY_INTERVAL: Duration = Duration::from_millis(100);

/// `waitForReady` is not looked at: a call always waits for the first endpoint.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Command {
    #[serde(default)]
    id: u64,
    cmd: String,
    #[serde(default)]
    targets: Vec<String>,
    #[serde(default)]
    count: usize,
    #[serde(default)]
    rate_per_second: u32,
    #[serde(default)]
    run: String,
    #[serde(default = "default_deadline_ms")]
    deadline_ms: u64,
}

fn default_deadline_ms() -> u64 {
    1_000
}

/// One channel a target, kept, as a long-lived service would.
struct Channels {
    bootstrap: BootstrapConfig,
    open: HashMap<String, Echo>,
}

impl Channels {
    fn of(&mut self, targets: &[String]) -> Result<Vec<(String, Echo)>, Box<dyn Error>> {
        let mut found = Vec::with_capacity(targets.len());
        for target in targets {
            if !self.open.contains_key(target) {
                let config = XdsChannelConfig::new(XdsUri::parse(target)?).with_bootstrap(self.bootstrap.clone());
                let channel = XdsChannelBuilder::new(config).build_grpc_channel()?;
                self.open.insert(target.clone(), Echo::new(channel));
            }
            found.push((target.clone(), self.open[target].clone()));
        }
        Ok(found)
    }
}

async fn call_once(target: String, echo: Echo, command: Command, tally: Tally) {
    let deadline = Duration::from_millis(command.deadline_ms);
    match echo.say_hello(&command.run, deadline).await {
        Ok(backend) => tally.answered(&target, backend),
        Err(status) => tally.failed(&target, &status),
    }
}

/// `count` calls to each target, one after the other.
async fn calls(channels: Vec<(String, Echo)>, command: Command) {
    let tally = Tally::default();
    for _ in 0..command.count {
        for (target, echo) in &channels {
            call_once(target.clone(), echo.clone(), command.clone(), tally.clone()).await;
        }
    }
    tally.emit(command.id, "done");
}

/// Calls at a constant rate, however long the answers take, the targets in turn, until stopped.
async fn load(channels: Vec<(String, Echo)>, command: Command, mut stop: oneshot::Receiver<()>) {
    let tally = Tally::default();
    let mut pace = interval(Duration::from_secs(1) / command.rate_per_second);
    pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut report = interval(TALLY_INTERVAL);
    let mut in_flight = JoinSet::new();
    let mut next = 0;
    loop {
        tokio::select! {
            _ = pace.tick() => {
                let (target, echo) = channels[next % channels.len()].clone();
                next += 1;
                in_flight.spawn_local(call_once(target, echo, command.clone(), tally.clone()));
                while in_flight.try_join_next().is_some() {}
            }
            _ = report.tick() => tally.emit(command.id, "tally"),
            _ = &mut stop => break,
        }
    }
    in_flight.join_all().await;
    tally.emit(command.id, "done");
}

/// Version of the library, as it was locked.
fn version() -> &'static str {
    let lock = include_str!("../Cargo.lock");
    lock.split_once("name = \"tonic-xds\"\nversion = \"")
        .and_then(|(_, rest)| rest.split('"').next())
        .unwrap_or("unknown")
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    LocalSet::new().run_until(obey()).await
}

async fn obey() -> Result<(), Box<dyn Error>> {
    let mut channels = Channels { bootstrap: bootstrap::from_env()?, open: HashMap::new() };
    let mut loads = HashMap::new();
    emit(&json!({ "event": "ready", "client": format!("tonic-xds {}", version()) }));
    let mut lines = BufReader::new(stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        let command: Command = serde_json::from_str(&line)?;
        let id = command.id;
        if command.cmd == "quit" {
            break;
        }
        let opened = match channels.of(&command.targets) {
            Ok(opened) => opened,
            Err(error) => {
                emit(&json!({ "id": id, "event": "error", "message": error.to_string() }));
                continue;
            }
        };
        match command.cmd.as_str() {
            "connect" => emit(&json!({ "id": id, "event": "done" })),
            "call" => drop(spawn_local(calls(opened, command))),
            "load" => {
                let (end, stop) = oneshot::channel();
                loads.insert(id, end);
                spawn_local(load(opened, command, stop));
            }
            "stop" => drop(loads.remove(&id).map(|end| end.send(()))),
            other => emit(&json!({ "id": id, "event": "error", "message": format!("unknown command {other}") })),
        }
    }
    Ok(())
}
