use super::{EntityWrite, Response, WriteOperation, wire};
use json::{Object, Value};
use state::EntityBody;
use uuid::Uuid;

/// Whether a success says of itself that the write is done: the entity that was written, or a 204 without a body after a
/// delete. A proxy or a login page answers with a success, too.
pub(crate) fn confirms_write(response: &Response, write: &EntityWrite) -> bool {
    match &write.operation {
        WriteOperation::Delete => response.status == 204 && response.body.is_empty(),
        WriteOperation::Create(sent) => {
            response.status == 201 && holds_written_entity(response, write.address.id, sent)
        }
        WriteOperation::Replace(sent) | WriteOperation::Patch(sent) => {
            holds_written_entity(response, write.address.id, sent)
        }
    }
}

/// The entity of a response: an object that has the id that was asked for.
pub(crate) fn parse_entity(response: &Response, id: Uuid) -> Option<Object> {
    let entity: Object = serde_json::from_slice(&response.body).ok()?;
    let found = entity.get(wire::ID).and_then(Value::as_str)?;
    (Uuid::parse_str(found).ok()? == id).then_some(entity)
}

/// What a body is instead of an entity. Repeats nothing of it.
pub(crate) fn describe_body(body: &[u8]) -> &'static str {
    match serde_json::from_slice::<Value>(body) {
        Ok(Value::Object(members)) if members.iter().next().is_none() => "an empty object",
        Ok(Value::Object(_)) => "an object that is not the entity",
        Ok(Value::Array(_)) => "a list",
        Ok(Value::Null) => "null",
        Ok(_) => "a bare value",
        Err(_) if body.iter().all(u8::is_ascii_whitespace) => "no body",
        Err(_) if body.trim_ascii_start().starts_with(b"<") => "a web page",
        Err(_) => "a text that is not JSON",
    }
}

fn holds_written_entity(response: &Response, id: Uuid, sent: &EntityBody) -> bool {
    let mut names = sent.expose().keys().filter(|name| *name != wire::ID).peekable();
    let has_sent_field = |entity: Object| names.peek().is_none() || names.any(|name| entity.contains_key(name));
    parse_entity(response, id).is_some_and(has_sent_field)
}
