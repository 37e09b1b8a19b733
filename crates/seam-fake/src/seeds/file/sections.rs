//! The sections of a seed file.

use seam_core::{WebhookVerifier, http::Uri};

use super::{
    description::{Description, Person, Space, Webhook},
    devices::DEVICE_SECTIONS,
    document::{self, Node, Value},
    error::SeedError,
    validator::{Table, Validator, quoted},
};
use crate::API_KEY;

impl Description {
    /// Parses and validates a file.
    pub(super) fn parse(text: &str) -> Result<Self, SeedError> {
        let mut validator = Validator::default();
        let document = document::parse(text).unwrap_or_else(|errors| {
            validator.problems = errors;
            Node { at: 0, value: Value::Table(Vec::new()) }
        });
        let description = validator.description(&document);
        SeedError::new(text, validator.problems).map_or(Ok(description), Err)
    }
}

impl Validator {
    fn description(&mut self, document: &Node) -> Description {
        let mut description = Description {
            workspace: "Sandbox".to_owned(),
            api_keys: vec![API_KEY.to_owned()],
            spaces: Vec::new(),
            devices: Vec::new(),
            systems: Vec::new(),
            people: Vec::new(),
            webhooks: Vec::new(),
        };
        let Some(root) = self.table(document, "the file") else { return description };
        let mut sections = vec!["workspace", "space", "access_system", "person", "webhook"];
        sections.extend(DEVICE_SECTIONS.map(|(section, _)| section));
        self.check_keys(root, &sections);
        if let Some(workspace) = root.get("workspace").and_then(|node| self.table(node, "[workspace]")) {
            self.workspace(workspace, &mut description);
        }
        // The other sections refer to spaces.
        for table in self.section(root, "space", "[[space]]") {
            description.spaces.extend(self.space(table));
        }
        for (section, default_type) in DEVICE_SECTIONS {
            for table in self.section(root, section, &format!("[[{section}]]")) {
                description.devices.extend(self.device(table, section, default_type));
            }
        }
        for table in self.section(root, "access_system", "[[access_system]]") {
            description.systems.extend(self.access_system(table));
        }
        for table in self.section(root, "person", "[[person]]") {
            description.people.extend(self.person(table));
        }
        for table in self.section(root, "webhook", "[[webhook]]") {
            description.webhooks.extend(self.webhook(table));
        }
        description
    }

    fn workspace(&mut self, table: Table<'_>, description: &mut Description) {
        self.check_keys(table, &["name", "api_keys"]);
        if let Some(name) = self.string(table, "name") {
            description.workspace = name;
        }
        if table.get("api_keys").is_none() {
            return;
        }
        description.api_keys.clear();
        for (at, key) in self.strings(table, "api_keys") {
            let is_key = key.starts_with("seam_")
                && !["seam_at", "seam_cst", "seam_pk"].iter().any(|other| key.starts_with(other))
                && key.chars().all(|char| char.is_ascii_graphic());
            if !is_key {
                self.problem(at, "invalid API key: expected a key that begins with 'seam_', but not with 'seam_at', 'seam_cst' or 'seam_pk'");
            } else if description.api_keys.contains(&key) {
                self.problem(at, "duplicate API key");
            }
            description.api_keys.push(key);
        }
        if description.api_keys.is_empty() {
            self.problem(table.at("api_keys"), "expected at least one API key");
        }
    }

    fn space(&mut self, table: Table<'_>) -> Option<Space> {
        self.check_keys(table, &["name", "id"]);
        let (id, name) = self.identity(table, "space", "space", "")?;
        self.spaces.insert(name.clone(), id.clone());
        Some(Space { id, name })
    }

    fn person(&mut self, table: Table<'_>) -> Option<Person> {
        self.check_keys(table, &["name", "id", "email", "phone_number", "key"]);
        let email = self.string(table, "email");
        if email
            .as_ref()
            .is_some_and(|email| email.split_once('@').is_none_or(|(of, at)| of.is_empty() || at.is_empty()))
        {
            self.problem(table.at("email"), "invalid email address");
        }
        let phone_number = self.string(table, "phone_number");
        let is_phone_number = |number: &String| {
            number.strip_prefix('+').is_some_and(|digits| {
                (5..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
            })
        };
        if phone_number.as_ref().is_some_and(|number| !is_phone_number(number)) {
            self.problem(table.at("phone_number"), "expected a phone number such as '+15551234567'");
        }
        let key = self.string(table, "key");
        for (name, value) in [("email", &email), ("phone_number", &phone_number), ("key", &key)] {
            let Some(value) = value else { continue };
            if !self.names.insert((name, value.clone())) {
                self.problem(table.at(name), format!("duplicate '{name}' of a person"));
            }
        }
        let (id, name) = self.identity(table, "person", "user_identity", "")?;
        Some(Person { id, name, email, phone_number, key })
    }

    fn webhook(&mut self, table: Table<'_>) -> Option<Webhook> {
        self.check_keys(table, &["url", "id", "event_types", "secret"]);
        let url = self.required(table, "url");
        let is_url = |url: &String| {
            url.parse::<Uri>()
                .is_ok_and(|uri| uri.host().is_some() && matches!(uri.scheme_str(), Some("http" | "https")))
        };
        if url.as_ref().is_some_and(|url| !is_url(url)) {
            self.problem(table.at("url"), "expected an http or https URL");
        }
        let mut event_types = Vec::new();
        for (at, event_type) in self.strings(table, "event_types") {
            if event_type != "*" && seam_spec::api().event(&event_type).is_none() {
                let hint = self.suggestion(&event_type, seam_spec::api().events().map(|event| event.event_type));
                self.problem(at, format!("unknown event type {}{hint}", quoted(&event_type)));
            }
            event_types.push(event_type);
        }
        let secret = self.string(table, "secret");
        if secret.as_ref().is_some_and(|secret| WebhookVerifier::new(secret.as_str()).is_err()) {
            self.problem(table.at("secret"), "expected a webhook secret: 'whsec_' and base64");
        }
        let url = url?;
        if !self.names.insert(("webhook", url.clone())) {
            self.problem(table.at("url"), "duplicate webhook URL");
            return None;
        }
        let id = self.id(table, "webhook", &[&url])?;
        Some(Webhook { id, url, event_types, secret })
    }
}
