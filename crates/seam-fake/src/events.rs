//! Events: each is listed by `/events/list` and delivered to the webhooks that want it.

use std::time::SystemTime;

use seam_core::Request;
use serde_json::Value;

use crate::{
    json::{Object, set, system_time, text, texts},
    scheduler::Job,
    shape,
    state::State,
    tables::{
        AccessCode, AcsAccessGroup, AcsCredential, AcsEncoder, AcsEntrance, AcsSystem, AcsUser, Device, Event, Id,
        Resource, Webhook, Workspace,
    },
    webhook_deliveries::{Delivery, signed},
};

/// The owners of resources that events name beside them.
const OWNERS: [(&crate::tables::Table, [&str; 2]); 8] = [
    (AccessCode::TABLE, ["device_id", "connected_account_id"]),
    (AcsUser::TABLE, ["acs_system_id", "connected_account_id"]),
    (AcsCredential::TABLE, ["acs_system_id", "connected_account_id"]),
    (AcsEntrance::TABLE, ["acs_system_id", "connected_account_id"]),
    (AcsEncoder::TABLE, ["acs_system_id", "connected_account_id"]),
    (AcsAccessGroup::TABLE, ["acs_system_id", "connected_account_id"]),
    (AcsSystem::TABLE, ["acs_system_id", "connected_account_id"]),
    (Device::TABLE, ["device_id", "connected_account_id"]),
];

impl State {
    /// Adds an event to the list, and a delivery for every webhook that wants it.
    ///
    /// Fields that the event always has, and `fields` leaves out, are taken from the resources that it names.
    pub(crate) fn emit(&mut self, event_type: &str, workspace_id: &Id<Workspace>, fields: Object) {
        let now = self.now_text();
        let mut event = fields;
        let id = self.new_id::<Event>();
        set(&mut event, "event_id", &id);
        set(&mut event, "event_type", event_type);
        set(&mut event, "workspace_id", workspace_id);
        for name in ["created_at", "occurred_at"] {
            event.entry(name).or_insert_with(|| Value::from(now.as_str()));
        }
        event.entry("event_description").or_insert_with(|| Value::from(shape::in_words(event_type)));
        self.add_owners(&mut event);
        if let Some(described) = seam_spec::api().event(event_type) {
            for field in described.fields().filter(|field| field.required) {
                event.entry(field.name).or_insert_with(|| shape::neutral(&field.schema, &now));
            }
        }
        self.put(&id, event.clone());
        self.deliver(&event);
    }

    /// Adds to an event the device, system and account of the resource that it names.
    fn add_owners(&self, event: &mut Object) {
        for (table, owners) in OWNERS {
            let Some(row) = text(event, table.id).and_then(|id| self.table(table).get(id)) else { continue };
            for name in owners {
                if let Some(value) = row.get(name).filter(|value| !value.is_null()) {
                    event.entry(name).or_insert_with(|| value.clone());
                }
            }
        }
    }

    /// Adds a message for every webhook that wants an event.
    fn deliver(&mut self, event: &Object) {
        let event_type = text(event, "event_type");
        let wants = |webhook: &&Object| {
            let mut wanted = texts(webhook, "event_types").peekable();
            text(webhook, "workspace_id") == text(event, "workspace_id")
                && (wanted.peek().is_none() || wanted.any(|wanted| wanted == "*" || Some(wanted) == event_type))
        };
        let webhooks: Vec<Id<Webhook>> = self.rows::<Webhook>().filter(wants).filter_map(Id::of).collect();
        let body = Value::Object(event.clone()).to_string();
        for webhook in webhooks {
            self.deliveries.add_message(webhook, body.clone());
        }
    }

    /// Takes at most `limit` deliveries that are due, as the requests that Seam would send, signed at `signed_at` or at the
    /// time of the state.
    pub(crate) fn take_deliveries(&mut self, signed_at: Option<SystemTime>, limit: usize) -> Vec<(Delivery, Request)> {
        let signed_at = signed_at.unwrap_or_else(|| system_time(self.now()));
        let mut requests = Vec::new();
        for delivery in self.deliveries.take_due(self.now(), limit) {
            self.revision += 1;
            let Some(webhook) = self.get(&delivery.webhook_id) else { continue };
            let (Some(url), Some(secret)) = (text(webhook, "url"), text(webhook, "secret")) else { continue };
            let Some(request) = signed(url, secret, &delivery, signed_at) else { continue };
            self.deliveries.sent(&delivery);
            requests.push((delivery, request));
        }
        requests
    }

    /// Records the outcome of a delivery. A webhook that did not answer with a 2xx status gets it again later.
    pub(crate) fn delivered(&mut self, delivery: Delivery, status: Option<u16>) {
        self.revision += 1;
        self.deliveries.answered(&delivery, status);
        if status.is_some_and(|status| (200..300).contains(&status)) {
            return;
        }
        if let Some((delay, delivery)) = self.deliveries.retry(delivery) {
            self.after(delay, Job::DeliverWebhook { delivery });
        }
    }
}
