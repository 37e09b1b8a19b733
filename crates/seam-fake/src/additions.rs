//! Adds devices and accounts of a provider to the state, with the fields that such resources have.

use serde_json::{Value, json};

use crate::{
    dependent::complete_device,
    json::{Object, inner, object, set},
    providers::{by_name, of_device_type},
    state::State,
    tables::{ConnectedAccount, Device, Id, Workspace},
};

impl State {
    /// Puts a device of this type into a workspace; what `more` says goes before what such devices usually say.
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
        complete_device(&mut device, &given, &self.now_text());
        self.insert::<Device>(device)
    }

    /// Puts an account with the maker of devices into a workspace.
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
            "created_at": self.now_text(), "_provider": provider,
        }));
        account.extend(more);
        self.insert::<ConnectedAccount>(account)
    }
}
