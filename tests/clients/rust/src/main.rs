//! A foreign client of Weft's Unix socket, made of Rust's own MessagePack: `weft-rust-client SOCKET array|map` reads
//! one request a line from stdin, sends it as rmp_serde::to_vec (array) or to_vec_named (map) makes it from a tagged enum,
//! and prints every message it gets as one line of JSON.
//!
//!   launch APP [ARG…] · terminate ID · force ID · state ID · running · apps · send ID TEXT · gesture · quit
//!
//! The array form cannot say SUBSCRIBE, so `subscribe` always goes as a map.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeStruct, Serializer};
use std::fmt;
use std::io::{self, BufRead, Read, Write};
use std::os::unix::net::UnixStream;

enum Request {
    LaunchApp { app_id: String, surface_id: Option<u64>, args: Vec<String> },
    TerminateApp { session_id: u64, force: bool },
    QueryRunning,
    QueryAppState { session_id: u64 },
    QueryInstalledApps,
    IpcForward { session_id: u64, payload: String },
    PanelGesture { gesture_type: u32, fingers: u32, dx: f64, dy: f64 },
    Subscribe,
}

/// What `#[derive(Serialize)] #[serde(tag = "type")]` generates: a struct whose first field is the tag.
impl Serialize for Request {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        macro_rules! tagged {
            ($tag:literal $(, $field:ident)*) => {{
                let fields: &[&str] = &[$(stringify!($field)),*];
                let mut made = serializer.serialize_struct("Request", fields.len() + 1)?;
                made.serialize_field("type", $tag)?;
                $(made.serialize_field(stringify!($field), $field)?;)*
                made.end()
            }};
        }
        match self {
            Request::LaunchApp { app_id, surface_id, args } => tagged!("LAUNCH_APP", app_id, surface_id, args),
            Request::TerminateApp { session_id, force } => tagged!("TERMINATE_APP", session_id, force),
            Request::QueryRunning => tagged!("QUERY_RUNNING"),
            Request::QueryAppState { session_id } => tagged!("QUERY_APP_STATE", session_id),
            Request::QueryInstalledApps => tagged!("QUERY_INSTALLED_APPS"),
            Request::IpcForward { session_id, payload } => tagged!("IPC_FORWARD", session_id, payload),
            Request::PanelGesture { gesture_type, fingers, dx, dy } => tagged!("PANEL_GESTURE", gesture_type, fingers, dx, dy),
            Request::Subscribe => tagged!("SUBSCRIBE"),
        }
    }
}

/// Any MessagePack value as JSON text.
struct Json(String);

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if (c as u32) < 0x20 => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value that JSON has too")
    }

    fn visit_bool<E>(self, v: bool) -> Result<Json, E> {
        Ok(Json(v.to_string()))
    }

    fn visit_i64<E>(self, v: i64) -> Result<Json, E> {
        Ok(Json(v.to_string()))
    }

    fn visit_u64<E>(self, v: u64) -> Result<Json, E> {
        Ok(Json(v.to_string()))
    }

    fn visit_f64<E>(self, v: f64) -> Result<Json, E> {
        Ok(Json(v.to_string()))
    }

    fn visit_str<E>(self, v: &str) -> Result<Json, E> {
        Ok(Json(quoted(v)))
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json("null".into()))
    }

    fn visit_none<E>(self) -> Result<Json, E> {
        Ok(Json("null".into()))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        Json::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let mut parts = Vec::new();
        while let Some(Json(part)) = seq.next_element()? {
            parts.push(part);
        }
        Ok(Json(format!("[{}]", parts.join(","))))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut parts = Vec::new();
        while let Some((key, Json(value))) = map.next_entry::<String, Json>()? {
            parts.push(format!("{}:{}", quoted(&key), value));
        }
        Ok(Json(format!("{{{}}}", parts.join(","))))
    }
}

fn request(line: &str) -> Option<Request> {
    let mut words = line.split(' ');
    let verb = words.next()?;
    let mut id = || words.next().and_then(|word| word.parse::<u64>().ok());
    Some(match verb {
        "launch" => Request::LaunchApp {
            app_id: words.next()?.to_string(),
            surface_id: None,
            args: words.map(str::to_string).collect(),
        },
        "terminate" => Request::TerminateApp { session_id: id()?, force: false },
        "force" => Request::TerminateApp { session_id: id()?, force: true },
        "state" => Request::QueryAppState { session_id: id()? },
        "running" => Request::QueryRunning,
        "apps" => Request::QueryInstalledApps,
        "send" => Request::IpcForward { session_id: id()?, payload: words.collect::<Vec<_>>().join(" ") },
        "gesture" => Request::PanelGesture { gesture_type: 2, fingers: 3, dx: 12.5, dy: -0.25 },
        "subscribe" => Request::Subscribe,
        _ => return None,
    })
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.len() != 3 || (arguments[2] != "array" && arguments[2] != "map") {
        eprintln!("usage: weft-rust-client SOCKET array|map");
        std::process::exit(2);
    }

    let mut socket = UnixStream::connect(&arguments[1])?;
    let mut incoming = socket.try_clone()?;
    std::thread::spawn(move || {
        let mut length = [0u8; 4];
        while incoming.read_exact(&mut length).is_ok() {
            let mut frame = vec![0u8; u32::from_le_bytes(length) as usize];
            if incoming.read_exact(&mut frame).is_err() {
                break;
            }
            match rmp_serde::from_slice::<Json>(&frame) {
                Ok(Json(text)) => println!("{}", text),
                Err(error) => println!("{{\"type\":\"UNREADABLE\",\"message\":{}}}", quoted(&error.to_string())),
            }
            let _ = io::stdout().flush();
        }
        std::process::exit(0);
    });

    for line in io::stdin().lock().lines() {
        let line = line?;
        if line == "quit" {
            break;
        }
        let made = match request(&line) {
            Some(made) => made,
            None => {
                eprintln!("weft-rust-client: what is \"{}\"?", line);
                std::process::exit(2);
            }
        };
        let bytes = if arguments[2] == "array" && !matches!(made, Request::Subscribe) {
            rmp_serde::to_vec(&made)?
        } else {
            rmp_serde::to_vec_named(&made)?
        };
        socket.write_all(&(bytes.len() as u32).to_le_bytes())?;
        socket.write_all(&bytes)?;
    }
    Ok(())
}
