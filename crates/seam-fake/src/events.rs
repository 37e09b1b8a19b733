//! Events, which `/events/list` returns and webhooks receive.

use std::time::SystemTime;

use seam_core::Request;
use serde_json::Value;

use crate::{
    json::{Object, set, string, strings, system_time},
    scheduler::Job,
    shape,
    state::State,
    tables::{
        AccessCode, AcsAccessGroup, AcsCredential, AcsEncoder, AcsEntrance, AcsSystem, AcsUser, Device, Event, Id,
        Resource, Table, Webhook, Workspace,
    },
    webhook_deliveries::{Delivery, signed},
};

/// The ids of a resource's owners that its events contain.
const OWNERS: [(&Table, [&str; 2]); 8] = [
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
    /// Adds an event, and a delivery for every webhook that subscribes to its type.
    ///
    /// Absent required fields are taken from the resources of the event, or get defaults.
    pub(crate) fn emit(&mut self, event_type: &str, workspace_id: &Id<Workspace>, fields: Object) {
        let now = self.now_string();
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
                event.entry(field.name).or_insert_with(|| shape::default_value(&field.schema, &now));
            }
        }
        self.put(&id, event.clone());
        self.deliver(&event);
    }

    /// Adds the ids of the device, system and account of the event's resource.
    fn add_owners(&self, event: &mut Object) {
        for (table, owners) in OWNERS {
            let Some(row) = string(event, table.id).and_then(|id| self.table(table).get(id)) else { continue };
            for name in owners {
                if let Some(value) = row.get(name).filter(|value| !value.is_null()) {
                    event.entry(name).or_insert_with(|| value.clone());
                }
            }
        }
    }

    /// Adds a message for every webhook that subscribes to the event's type.
    fn deliver(&mut self, event: &Object) {
        let event_type = string(event, "event_type");
        let is_subscribed = |webhook: &&Object| {
            let mut types = strings(webhook, "event_types").peekable();
            string(webhook, "workspace_id") == string(event, "workspace_id")
                && (types.peek().is_none() || types.any(|other| other == "*" || Some(other) == event_type))
        };
        let webhooks: Vec<Id<Webhook>> = self.rows::<Webhook>().filter(is_subscribed).filter_map(Id::of).collect();
        let body = Value::Object(event.clone()).to_string();
        for webhook in webhooks {
            self.deliveries.add_message(webhook, body.clone());
        }
    }

    /// Removes and returns at most `limit` due deliveries, as the requests that Seam would send, signed at `signed_at` or at
    /// the time of the state.
    pub(crate) fn take_deliveries(&mut self, signed_at: Option<SystemTime>, limit: usize) -> Vec<(Delivery, Request)> {
        let signed_at = signed_at.unwrap_or_else(|| system_time(self.now()));
        let mut requests = Vec::new();
        for delivery in self.deliveries.take_due(self.now(), limit) {
            self.revision += 1;
            let Some(webhook) = self.get(&delivery.webhook_id) else { continue };
            let (Some(url), Some(secret)) = (string(webhook, "url"), string(webhook, "secret")) else { continue };
            let Some(request) = signed(url, secret, &delivery, signed_at) else { continue };
            self.deliveries.sent(&delivery);
            requests.push((delivery, request));
        }
        requests
    }

    /// Records the outcome of a delivery. Without a 2xx status, the delivery is retried later.
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
