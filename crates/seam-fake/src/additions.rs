//! Methods that add devices, accounts and access systems of a provider to the state.

use serde_json::{Value, json};

use crate::{
    dependent::complete_device,
    json::{Object, inner, object, set, string},
    providers::{by_name, of_device_type, of_system_type},
    state::State,
    tables::{AcsEncoder, AcsEntrance, AcsSystem, ConnectedAccount, Device, Id, Resource, Workspace, workspace_of},
};

impl State {
    /// Adds a device of this type to a workspace. `more` takes precedence over the default fields.
    pub(crate) fn add_device(
        &mut self,
        workspace_id: &Id<Workspace>,
        device_type: &str,
        name: &str,
        more: Object,
    ) -> Id<Device> {
        let mut device = object(json!({
            "device_type": device_type, "display_name": name, "workspace_id": workspace_id, "is_managed": true,
        }));
        if let Some(provider) = of_device_type(device_type) {
            device.extend(provider.fields());
            set(&mut device, "properties", provider.properties(name));
        }
        let given = more.clone();
        let mut more = more;
        if let Some(Value::Object(properties)) = more.remove("properties") {
            if let Some(own) = inner(&mut device, "properties") {
                own.extend(properties);
            }
        }
        device.extend(more);
        complete_device(&mut device, &given, &self.now_string());
        self.insert::<Device>(device)
    }

    /// Adds an account with a provider to a workspace. `more` takes precedence over the default fields.
    pub(crate) fn add_account(
        &mut self,
        workspace_id: &Id<Workspace>,
        provider: &str,
        more: Object,
    ) -> Id<ConnectedAccount> {
        let display_name = by_name(provider).map_or(provider, |provider| provider.display_name);
        let mut account = object(json!({
            "workspace_id": workspace_id, "account_type": provider, "account_type_display_name": display_name,
            "display_name": display_name, "automatically_manage_new_devices": true, "custom_metadata": {},
            "created_at": self.now_string(), "_provider": provider,
        }));
        account.extend(more);
        self.insert::<ConnectedAccount>(account)
    }

    /// Adds an access system of this type to an account. `more` takes precedence over the default fields.
    pub(crate) fn add_system(
        &mut self,
        account: &Id<ConnectedAccount>,
        system_type: &str,
        more: Object,
    ) -> Id<AcsSystem> {
        let display_name = of_system_type(system_type).map_or(system_type, |provider| provider.display_name);
        let mut system = object(json!({
            "workspace_id": self.get(account).map(workspace_of), "name": display_name, "connected_account_id": account,
            "connected_account_ids": [account], "external_type": system_type, "external_type_display_name": display_name,
            "system_type": system_type, "system_type_display_name": display_name,
        }));
        system.extend(more);
        self.insert::<AcsSystem>(system)
    }

    /// Adds an entrance of this name to an access system. `more` takes precedence over the default fields.
    pub(crate) fn add_entrance(&mut self, system: &Id<AcsSystem>, name: &str, more: Object) -> Id<AcsEntrance> {
        let is_visionline =
            self.get(system).is_some_and(|row| string(row, "external_type") == Some("visionline_system"));
        let mut entrance = self.part_of_system(system, name);
        entrance.extend(object(json!({
            "can_unlock_with_card": true, "can_unlock_with_code": false, "can_unlock_with_mobile_key": is_visionline,
            "can_unlock_with_cloud_key": is_visionline, "can_belong_to_reservation": is_visionline,
        })));
        if is_visionline {
            set(&mut entrance, "visionline_metadata", json!({ "door_category": "guest", "door_name": name }));
        }
        entrance.extend(more);
        self.insert::<AcsEntrance>(entrance)
    }

    /// Adds a card encoder of this name to an access system. `more` takes precedence over the default fields.
    pub(crate) fn add_encoder(&mut self, system: &Id<AcsSystem>, name: &str, more: Object) -> Id<AcsEncoder> {
        let mut encoder = self.part_of_system(system, name);
        encoder.extend(more);
        self.insert::<AcsEncoder>(encoder)
    }

    fn part_of_system(&self, system: &Id<AcsSystem>, name: &str) -> Object {
        let mut part = object(json!({ AcsSystem::TABLE.id: system, "display_name": name }));
        for owner in ["workspace_id", "connected_account_id"] {
            if let Some(value) = self.get(system).and_then(|row| row.get(owner)) {
                set(&mut part, owner, value.clone());
            }
        }
        part
    }
}
