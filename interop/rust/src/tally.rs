use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde::Serialize;
use serde_json::{Value, json};
use tonic::{Code, Status};

#[derive(Default, Serialize)]
struct Counts {
    backends: BTreeMap<String, BTreeMap<String, u64>>,
    failures: BTreeMap<String, u64>,
}

/// Answers of one command by target and backend, and its failures by status.
#[derive(Clone, Default)]
pub struct Tally(Arc<Mutex<Counts>>);

impl Tally {
    pub fn answered(&self, target: &str, backend: String) {
        let mut counts = self.0.lock().unwrap();
        *counts.backends.entry(target.to_owned()).or_default().entry(backend).or_default() += 1;
    }

    pub fn failed(&self, target: &str, status: &Status) {
        let failure = format!("{}: {}", name_of(status.code()), status.message());
        eprintln!("{target} {failure}");
        *self.0.lock().unwrap().failures.entry(failure).or_default() += 1;
    }

    pub fn emit(&self, id: u64, event: &str) {
        let mut line = json!(&*self.0.lock().unwrap());
        line["id"] = json!(id);
        line["event"] = json!(event);
        emit(&line);
    }
}

pub fn emit(line: &Value) {
    println!("{line}");
}

/// Rust's `DeadlineExceeded` as all languages write it, DEADLINE_EXCEEDED.
fn name_of(code: Code) -> String {
    let mut name = String::new();
    for (index, letter) in format!("{code:?}").chars().enumerate() {
        if index > 0 && letter.is_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}
