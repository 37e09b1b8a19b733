//! Events of a workspace.

use std::fmt;

use serde_json::{Map, Value as JsonValue};

use crate::{
    AccessCodeId, ConnectedAccountId, DeviceId, EventId, EventType, Extra, Message, Timestamp, WorkspaceId,
    events::EventPayload,
    object::{
        Fields, FieldsMut, Names, Object, Slot, Value, View, debug, index, index_len, read::written, serde_by_value,
    },
    open_enum::unknown_when_absent,
};

/// An event of a workspace, such as of a device, an access code, a user or an account.
///
/// The fields of all events are here; those of one event type are in [`payload`](Self::payload).
///
/// ```
/// use seam_model::{Event, EventPayload, EventType};
///
/// let event: Event = serde_json::from_str(
///     r#"{"event_id":"e1","event_type":"lock.unlocked","device_id":"d1","method":"keycode","occurred_at":"2026-01-01T12:00:00.000Z"}"#,
/// )?;
/// assert_eq!(event.event_type, EventType::LockUnlocked);
/// if let EventPayload::LockUnlocked(unlocked) = &event.payload {
///     assert_eq!(unlocked.device_id.as_str(), "d1");
/// }
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// Identifies the event. Deliveries of the same event have the same id.
    pub event_id: EventId,
    /// The type of the event. [`Unknown`](EventType::Unknown) with an empty string if it is absent.
    pub event_type: EventType,
    /// The time when Seam created the event.
    pub created_at: Option<Timestamp>,
    /// The time when the event occurred.
    pub occurred_at: Option<Timestamp>,
    /// The workspace of the event.
    pub workspace_id: Option<WorkspaceId>,
    /// A description of the event, for users.
    pub event_description: Option<Message>,
    /// The fields of this event type.
    pub payload: EventPayload,
    /// The fields above that were `null`, and their values of an unexpected type.
    common: Extra,
}

const FIELDS: &[&str] = &["event_id", "event_type", "created_at", "occurred_at", "workspace_id", "event_description"];
const NAMES: &Names = &Names {
    object: "Event",
    fields: FIELDS,
    index: &index::<{ index_len(FIELDS) }>(FIELDS),
    required: 1,
    // The payload has the type that `event_type` names.
    tag: Some(1),
};

impl Event {
    /// Creates an event of a known type, for tests.
    #[inline]
    #[must_use]
    pub fn new(event_id: impl Into<EventId>, payload: EventPayload) -> Self {
        let event_type = payload.event_type().unwrap_or_else(EventType::empty);
        Self { event_id: event_id.into(), event_type, payload, ..Self::empty() }
    }

    /// Returns the device of an event of any type; `None` if its payload has none.
    ///
    /// ```
    /// use seam_model::Event;
    ///
    /// let unlocked: Event =
    ///     serde_json::from_str(r#"{"event_id":"e1","event_type":"lock.unlocked","device_id":"d1"}"#)?;
    /// assert_eq!(unlocked.device_id(), Some("d1".into()));
    /// // An event type that this version does not know.
    /// let jammed: Event = serde_json::from_str(r#"{"event_id":"e2","event_type":"lock.jammed","device_id":"d1"}"#)?;
    /// assert_eq!(jammed.device_id(), unlocked.device_id());
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn device_id(&self) -> Option<DeviceId> {
        self.id("device_id").map(DeviceId::from)
    }

    /// Returns the access code of an event of any type; `None` if its payload has none.
    #[inline]
    #[must_use]
    pub fn access_code_id(&self) -> Option<AccessCodeId> {
        self.id("access_code_id").map(AccessCodeId::from)
    }

    /// Returns the connected account of an event of any type; `None` if its payload has none.
    #[inline]
    #[must_use]
    pub fn connected_account_id(&self) -> Option<ConnectedAccountId> {
        self.id("connected_account_id").map(ConnectedAccountId::from)
    }

    /// Returns the id in the field `name` of the payload.
    #[inline]
    fn id(&self, name: &str) -> Option<String> {
        let mut id = None;
        self.payload.object().fields(&mut |names, required, optional, extra| {
            let values = required.iter().map(|value| value.view());
            let values = values.chain(optional.iter().map(|field| field.view()));
            let mut named = names.fields.iter().zip(values);
            id = match named.find(|(field, _)| **field == name) {
                Some((_, View::Text(text))) => Some(text.into_owned()),
                Some(_) => None,
                None => extra.and_then(|extra| extra.get(name)?.as_str()).map(str::to_owned),
            };
        });
        id
    }
}

impl Object for Event {
    fn names(&self) -> &'static Names {
        NAMES
    }

    #[inline]
    fn fields(&self, visit: &mut Fields<'_>) {
        visit(
            NAMES,
            &[&self.event_id],
            &[&self.event_type, &self.created_at, &self.occurred_at, &self.workspace_id, &self.event_description],
            Some(&self.common),
        );
        self.payload.object().fields(visit);
    }

    #[inline]
    fn fields_mut(&mut self, visit: &mut FieldsMut<'_>) {
        visit(
            &mut [&mut self.event_id],
            &mut [
                &mut self.event_type,
                &mut self.created_at,
                &mut self.occurred_at,
                &mut self.workspace_id,
                &mut self.event_description,
            ],
            Some(&mut self.common),
            Some(self.payload.object_mut()),
        );
    }

    #[inline]
    fn set_rest(&mut self) -> Option<Map<String, JsonValue>> {
        let payload = EventPayload::empty(&self.event_type);
        std::mem::replace(&mut self.payload, payload).into_fields()
    }

    #[inline]
    fn reset_rest(&mut self) {
        let payload = EventPayload::Unknown(Extra::default());
        let fields = std::mem::replace(&mut self.payload, payload).into_fields();
        self.payload = EventPayload::Unknown(fields.unwrap_or_default().into());
    }
}

impl EventPayload {
    /// Returns the fields as JSON, if there are any.
    #[inline]
    fn into_fields(self) -> Option<Map<String, JsonValue>> {
        match self {
            Self::Unknown(extra) => extra.into_unknown(),
            known => match written(&View::Object(known.object())) {
                JsonValue::Object(fields) => Some(fields),
                _ => None,
            },
        }
    }
}

impl Value for Event {
    #[inline]
    fn empty() -> Self {
        Self {
            event_id: EventId::empty(),
            event_type: EventType::empty(),
            created_at: None,
            occurred_at: None,
            workspace_id: None,
            event_description: None,
            payload: EventPayload::Unknown(Extra::default()),
            common: Extra::default(),
        }
    }

    #[inline]
    fn slot(&mut self) -> Slot<'_> {
        Slot::Object(self)
    }

    #[inline]
    fn view(&self) -> View<'_> {
        View::Object(self)
    }
}

impl fmt::Debug for Event {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug(self, f)
    }
}

serde_by_value!(Event, object);
unknown_when_absent!(EventType);
