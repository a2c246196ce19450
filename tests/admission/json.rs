//! Manifests as JSON. How a scalar reads hardly matters here: both who are compared get the same JSON.

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};

/// The objects of the documents of a text, those of Lists one by one; none where it is not YAML.
pub(crate) fn objects(text: &str) -> Option<Vec<Value>> {
    let mut reader = Reader { events: Vec::new(), anchors: HashMap::new() };
    for event in Parser::new_from_str(text) {
        let (event, _) = event.ok()?;
        if !matches!(event, Event::Comment(..)) {
            reader.events.push(event);
        }
    }
    reader.events.reverse();
    let mut objects = Vec::new();
    while let Some(event) = reader.events.pop() {
        if let Event::DocumentStart(..) = event {
            listed(reader.value()?, &mut objects);
        }
    }
    Some(objects)
}

fn listed(object: Value, objects: &mut Vec<Value>) {
    let is_list = object["kind"].as_str().is_some_and(|kind| kind.ends_with("List"));
    match object {
        Value::Object(mut fields) if is_list => {
            let items = fields.remove("items");
            let items = items.and_then(|items| items.as_array().cloned()).unwrap_or_default();
            items.into_iter().for_each(|item| listed(item, objects));
        }
        Value::Object(_) => objects.push(object),
        _ => {}
    }
}

struct Reader<'a> {
    /// What is to come, the next one last.
    events: Vec<Event<'a>>,
    anchors: HashMap<usize, Value>,
}

impl Reader<'_> {
    fn value(&mut self) -> Option<Value> {
        let (anchor, value) = match self.events.pop()? {
            Event::Scalar(text, style, anchor, _) => (anchor, scalar(&text, style)),
            Event::Alias(anchor) => return self.anchors.get(&anchor).cloned(),
            Event::SequenceStart(_, anchor, _) => {
                let mut items = Vec::new();
                while !matches!(self.events.last()?, Event::SequenceEnd) {
                    items.push(self.value()?);
                }
                self.events.pop();
                (anchor, Value::Array(items))
            }
            Event::MappingStart(_, anchor, _) => {
                let mut fields = Map::new();
                while !matches!(self.events.last()?, Event::MappingEnd) {
                    let (key, value) = (self.value()?, self.value()?);
                    match (key.as_str(), value) {
                        (Some("<<"), Value::Object(merged)) => fields.extend(merged),
                        (Some(key), value) => drop(fields.insert(key.to_owned(), value)),
                        (None, value) => drop(fields.insert(key.to_string(), value)),
                    }
                }
                self.events.pop();
                (anchor, Value::Object(fields))
            }
            _ => return None,
        };
        self.anchors.insert(anchor, value.clone());
        Some(value)
    }
}

fn scalar(text: &str, style: ScalarStyle) -> Value {
    match (style, text) {
        (ScalarStyle::Plain, "" | "~" | "null") => Value::Null,
        (ScalarStyle::Plain, "true") => true.into(),
        (ScalarStyle::Plain, "false") => false.into(),
        (ScalarStyle::Plain, text) => match text.parse::<i64>() {
            Ok(number) => number.into(),
            Err(_) => text.into(),
        },
        (_, text) => text.into(),
    }
}
