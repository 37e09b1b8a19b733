//! `/access_codes/unmanaged`: codes that exist on a lock but were not made through Seam.

use http::Method;
use seam_model::{AccessCodeId, ActionAttempt, DeviceId, Pin, SearchText, UnmanagedAccessCode, json_object};

use crate::{
    Call, Endpoint, Page, Paged, Parameter,
    ParameterKind::{Boolean, Id, Integer, Secret, Text},
    ResponseKey, Safety, Seam, Spec,
    endpoint::setters,
    endpoints::WORKSPACE,
};

/// The routes below `/access_codes/unmanaged`.
///
/// Not every lock tells Seam about such codes: Kwikset locks, for one, do not.
#[derive(Clone, Copy, Debug)]
pub struct Unmanaged<'a> {
    seam: &'a Seam,
}

impl<'a> Unmanaged<'a> {
    pub(crate) fn new(seam: &'a Seam) -> Self {
        Self { seam }
    }

    /// Puts an unmanaged access code under Seam's management: `PATCH /access_codes/unmanaged/convert_to_managed`.
    ///
    /// From then on it is a managed access code with the same id. Seam may answer with an action
    /// attempt that tells how it goes on the lock. Some locks do not allow it, see
    /// [`cannot_be_managed`](UnmanagedAccessCode::cannot_be_managed).
    pub fn convert_to_managed(&self, access_code_id: impl Into<AccessCodeId>) -> Call<ConvertToManaged> {
        self.seam.call(ConvertToManaged::new(access_code_id))
    }

    /// Takes an unmanaged access code off its lock: `DELETE /access_codes/unmanaged/delete`.
    ///
    /// Seam may answer with an action attempt that tells how it goes on the lock. Some locks do not
    /// allow it, see [`cannot_delete_unmanaged_access_code`](UnmanagedAccessCode::cannot_delete_unmanaged_access_code).
    pub fn delete(&self, access_code_id: impl Into<AccessCodeId>) -> Call<Delete> {
        self.seam.call(Delete::new(access_code_id))
    }

    /// The unmanaged access code with this id: `GET /access_codes/unmanaged/get`.
    ///
    /// ```
    /// # async fn example(seam: &seam_core::Seam) -> Result<(), seam_core::Error> {
    /// let code = seam.access_codes().unmanaged().get("26d6138c-6524-4f3c-ac96-43cc3bea0a8d").await?;
    /// println!("{:?}: {:?}", code.name, code.status);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Awaiting it fails with [`is_not_found`](crate::Error::is_not_found) when there is no such code.
    pub fn get(&self, access_code_id: impl Into<AccessCodeId>) -> Call<Get> {
        self.seam.call(Get::new(access_code_id))
    }

    /// The unmanaged access code with this PIN on this lock: `POST /access_codes/unmanaged/get`.
    ///
    /// It goes as `POST` so that the PIN is in no URL.
    ///
    /// # Errors
    ///
    /// Awaiting it fails with [`is_not_found`](crate::Error::is_not_found) when there is no such code.
    pub fn get_by_code(&self, device_id: impl Into<DeviceId>, code: impl Into<Pin>) -> Call<Get> {
        self.seam.call(Get::by_code(device_id, code))
    }

    /// The unmanaged access codes on a lock: `GET /access_codes/unmanaged/list`.
    ///
    /// Awaiting the call gives one [`Page`]; [`items`](Call::items) and [`pages`](Call::pages) give
    /// all of them.
    ///
    /// ```
    /// # async fn example(seam: &seam_core::Seam) -> Result<(), seam_core::Error> {
    /// let mut codes = seam.access_codes().unmanaged().list("front-door").limit(100).items();
    /// while let Some(code) = codes.next().await {
    ///     println!("{}", code?.access_code_id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self, device_id: impl Into<DeviceId>) -> Call<List> {
        self.seam.call(List::new(device_id))
    }

    /// Changes whether an unmanaged access code is managed: `PATCH /access_codes/unmanaged/update`.
    pub fn update(&self, access_code_id: impl Into<AccessCodeId>, is_managed: bool) -> Call<Update> {
        self.seam.call(Update::new(access_code_id, is_managed))
    }
}

/// The parameters of `PATCH /access_codes/unmanaged/convert_to_managed`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ConvertToManaged {
    /// The access code to take over.
    pub access_code_id: AccessCodeId,
    /// The old name of `is_external_modification_allowed`.
    pub allow_external_modification: Option<bool>,
    /// Whether to do it even if the lock does not allow it, by deleting the code and making it again.
    pub force: Option<bool>,
    /// Whether people may go on changing the code outside of Seam.
    pub is_external_modification_allowed: Option<bool>,
}

json_object! {
    ConvertToManaged { access_code_id: AccessCodeId } [
        allow_external_modification, force, is_external_modification_allowed,
    ]
}

impl Endpoint for ConvertToManaged {
    type Output = Option<ActionAttempt>;
    // An action: each request starts an attempt on the lock, and with `force` that deletes a code
    // and makes it again.
    const SPEC: &'static Spec = &Spec::new(Method::PATCH, "/access_codes/unmanaged/convert_to_managed", Safety::Action)
        .response_key(ResponseKey::Optional("action_attempt"))
        .credentials(WORKSPACE)
        .parameters(&[
            Parameter::required("access_code_id", Id),
            Parameter::optional("allow_external_modification", Boolean),
            Parameter::optional("force", Boolean),
            Parameter::optional("is_external_modification_allowed", Boolean),
        ]);
}

setters! {
    ConvertToManaged {
        /// The old name of [`is_external_modification_allowed`](Self::is_external_modification_allowed).
        allow_external_modification: bool,
        /// Whether to do it even if the lock does not allow it, by deleting the code and making it again.
        force: bool,
        /// Whether people may go on changing the code outside of Seam.
        is_external_modification_allowed: bool,
    }
}

/// The parameters of `DELETE /access_codes/unmanaged/delete`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Delete {
    /// The access code to delete.
    pub access_code_id: AccessCodeId,
    /// Whether Seam answers only when the lock has answered.
    pub sync: Option<bool>,
}

json_object! {
    Delete { access_code_id: AccessCodeId } [sync]
}

impl Endpoint for Delete {
    type Output = Option<ActionAttempt>;
    // Idempotent: ids are not used twice, so a second request can only find nothing.
    const SPEC: &'static Spec = &Spec::new(Method::DELETE, "/access_codes/unmanaged/delete", Safety::Idempotent)
        .response_key(ResponseKey::Optional("action_attempt"))
        .credentials(WORKSPACE)
        .parameters(&[Parameter::required("access_code_id", Id), Parameter::optional("sync", Boolean)]);
}

setters! {
    Delete {
        /// Whether Seam answers only when the lock has answered.
        sync: bool,
    }
}

/// The parameters of `GET /access_codes/unmanaged/get`: an id, or a device and a PIN.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Get {
    /// The access code.
    pub access_code_id: Option<AccessCodeId>,
    /// The lock that it is on.
    pub device_id: Option<DeviceId>,
    /// Its PIN.
    pub code: Option<Pin>,
}

json_object! {
    @serde Get {} [access_code_id, device_id, code]
}

impl Get {
    /// Asks for the code with this id.
    #[must_use]
    pub fn new(access_code_id: impl Into<AccessCodeId>) -> Self {
        Self { access_code_id: Some(access_code_id.into()), device_id: None, code: None }
    }

    /// Asks for the code with this PIN on this lock.
    #[must_use]
    pub fn by_code(device_id: impl Into<DeviceId>, code: impl Into<Pin>) -> Self {
        Self { access_code_id: None, device_id: Some(device_id.into()), code: Some(code.into()) }
    }
}

impl Endpoint for Get {
    type Output = UnmanagedAccessCode;
    const SPEC: &'static Spec = &Spec::new(Method::GET, "/access_codes/unmanaged/get", Safety::Read)
        .response_key(ResponseKey::Required("access_code"))
        .credentials(WORKSPACE)
        .parameters(&[
            Parameter::optional("access_code_id", Id),
            Parameter::optional("device_id", Id),
            Parameter::optional("code", Secret),
        ])
        .selectors(&[&["access_code_id"], &["device_id", "code"]]);
}

/// The parameters of `GET /access_codes/unmanaged/list`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct List {
    /// The lock whose codes are listed.
    pub device_id: DeviceId,
    /// The most codes to put on one page.
    pub limit: Option<u32>,
    /// The page to begin with; absent for the first one.
    pub page_cursor: Option<String>,
    /// Only codes whose name, PIN or id holds this text. It goes as `POST`, so that a PIN is in no URL.
    pub search: Option<SearchText>,
    /// Only codes of the user with this key.
    pub user_identifier_key: Option<String>,
}

json_object! {
    List { device_id: DeviceId } [limit, page_cursor, search, user_identifier_key]
}

impl Endpoint for List {
    type Output = Page<UnmanagedAccessCode>;
    const SPEC: &'static Spec = &Spec::new(Method::GET, "/access_codes/unmanaged/list", Safety::Read)
        .response_key(ResponseKey::Required("access_codes"))
        .credentials(WORKSPACE)
        .parameters(&[
            Parameter::required("device_id", Id),
            Parameter::optional("limit", Integer),
            Parameter::optional("page_cursor", Text),
            Parameter::optional("search", Secret),
            Parameter::optional("user_identifier_key", Text),
        ]);
}

impl Paged for List {
    type Item = UnmanagedAccessCode;

    fn page_cursor(&self) -> Option<&str> {
        self.page_cursor.as_deref()
    }

    fn set_page_cursor(&mut self, cursor: String) {
        self.page_cursor = Some(cursor);
    }
}

setters! {
    List {
        /// The most codes to put on one page.
        limit: u32,
    } into {
        /// The page to begin with, by the cursor of the page before it.
        page_cursor: String,
        /// Only codes whose name, PIN or id holds this text. It goes as `POST`, so that a PIN is in no URL.
        search: SearchText,
        /// Only codes of the user with this key.
        user_identifier_key: String,
    }
}

/// The parameters of `PATCH /access_codes/unmanaged/update`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Update {
    /// The access code to change.
    pub access_code_id: AccessCodeId,
    /// Whether it is managed from now on.
    pub is_managed: bool,
    /// The old name of `is_external_modification_allowed`.
    pub allow_external_modification: Option<bool>,
    /// Whether to do it even if the lock does not allow it, by deleting the code and making it again.
    pub force: Option<bool>,
    /// Whether people may go on changing the code outside of Seam.
    pub is_external_modification_allowed: Option<bool>,
}

json_object! {
    Update { access_code_id: AccessCodeId, is_managed: bool } [
        allow_external_modification, force, is_external_modification_allowed,
    ]
}

impl Endpoint for Update {
    type Output = ();
    // An action, since with `is_managed` it does what `convert_to_managed` does.
    const SPEC: &'static Spec = &Spec::new(Method::PATCH, "/access_codes/unmanaged/update", Safety::Action)
        .credentials(WORKSPACE)
        .parameters(&[
            Parameter::required("access_code_id", Id),
            Parameter::required("is_managed", Boolean),
            Parameter::optional("allow_external_modification", Boolean),
            Parameter::optional("force", Boolean),
            Parameter::optional("is_external_modification_allowed", Boolean),
        ]);
}

setters! {
    Update {
        /// The old name of [`is_external_modification_allowed`](Self::is_external_modification_allowed).
        allow_external_modification: bool,
        /// Whether to do it even if the lock does not allow it, by deleting the code and making it again.
        force: bool,
        /// Whether people may go on changing the code outside of Seam.
        is_external_modification_allowed: bool,
    }
}
