//! The macros that define structs and their tables.

/// Defines a resource, or a part of one: a struct that is a JSON object, with a constructor and setters.
///
/// ```text
/// model! {
///     /// A lock.
///     pub struct Lock {
///         /// Identifies the lock.
///         #[required]
///         pub lock_id: LockId,
///         /// The name of the lock.
///         pub name: Option<String>,
///     }
/// }
/// ```
///
/// Fields that are not `required` may be absent. The struct also has a field `extra` for unknown fields, a constructor
/// `new` that takes the required fields, a setter for each optional field, and `Default` if no field is required. After
/// the struct, `new: by_hand` omits the constructor.
macro_rules! model {
    (
        $(#[doc = $about:literal])*
        pub struct $name:ident {
            $(
                $(#[doc = $doc:literal])*
                $(#[deprecated = $note:literal])?
                $(#[required] pub $required:ident: $type:ident)?
                $(pub $optional:ident: $head:ident $(<$item:ident $(<$boxed:ident>>)? $(>)?)?)?
            ,)*
        }
        $(new: $by_hand:ident)?
    ) => {
        $(#[doc = $about])*
        #[derive(Clone)]
        #[non_exhaustive]
        pub struct $name {
            $(
                $(#[doc = $doc])*
                $(#[deprecated = $note])?
                $(pub $required: $type,)?
                $(pub $optional: $head $(<$item $(<$boxed>)?>)?,)?
            )*
            /// Fields that this version does not know.
            pub extra: $crate::Extra,
        }

        $crate::object::model_constructor!($name [$($($required: $type)?)*] $($by_hand)?);

        #[allow(deprecated, reason = "setters of deprecated fields set deprecated fields")]
        impl $name {
            $($crate::object::model_setter! {
                $(#[deprecated = $note])?
                $($optional: $head $($item $($boxed)?)?)?
            })*
        }

        $crate::json_object!($name [$($($required)?)*] [$($($optional)?)*] [extra]);
    };
}
pub(crate) use model;

/// Expands to the constructor of a model, and to `Default` if no field is required.
macro_rules! model_constructor {
    ($name:ident [$($required:ident: $type:ident)*]) => {
        impl $name {
            /// Creates a value with the required fields. All others are absent.
            #[inline]
            #[must_use]
            pub fn new($($required: impl Into<$type>),*) -> Self {
                Self {
                    $($required: $required.into(),)*
                    ..$crate::__private::Value::empty()
                }
            }
        }

        $crate::default_of!($name [$($required)*]);
    };
    ($name:ident [$($required:ident: $type:ident)*] by_hand) => {};
}
pub(crate) use model_constructor;

/// Expands to the setter of a field.
macro_rules! model_setter {
    // Required fields have no setter.
    ($(#[$deprecated:meta])?) => {};
    ($(#[$deprecated:meta])? $name:ident: Option bool) => {
        $crate::object::model_setter!(@ $(#[$deprecated])? $name: bool = Some($name));
    };
    ($(#[$deprecated:meta])? $name:ident: Option f64) => {
        $crate::object::model_setter!(@ $(#[$deprecated])? $name: f64 = Some($name));
    };
    ($(#[$deprecated:meta])? $name:ident: Option i64) => {
        $crate::object::model_setter!(@ $(#[$deprecated])? $name: i64 = Some($name));
    };
    ($(#[$deprecated:meta])? $name:ident: Option Box $type:ident) => {
        $crate::object::model_setter!(@ $(#[$deprecated])? $name: $type = Some(Box::new($name)));
    };
    ($(#[$deprecated:meta])? $name:ident: Option $type:ident) => {
        $crate::object::model_setter!(@ $(#[$deprecated])? $name: impl Into<$type> = Some($name.into()));
    };
    ($(#[$deprecated:meta])? $name:ident: Vec f64) => {
        $crate::object::model_setter!(
            @ $(#[$deprecated])? $name: impl IntoIterator<Item = f64> = $name.into_iter().collect()
        );
    };
    ($(#[$deprecated:meta])? $name:ident: Vec $type:ident) => {
        $crate::object::model_setter!(
            @ $(#[$deprecated])?
            $name: impl IntoIterator<Item = impl Into<$type>> = $name.into_iter().map(Into::into).collect()
        );
    };
    ($(#[$deprecated:meta])? $name:ident: CustomMetadata) => {
        $crate::object::model_setter!(
            @ $(#[$deprecated])?
            $name: impl IntoIterator<Item = (impl Into<String>, impl Into<$crate::MetadataValue>)>
                = $name.into_iter().map(|(name, value)| (name.into(), value.into())).collect()
        );
    };
    ($(#[$deprecated:meta])? $name:ident: $type:ident) => {
        $crate::object::model_setter!(@ $(#[$deprecated])? $name: impl Into<$type> = $name.into());
    };
    (@ $(#[$deprecated:meta])? $name:ident: $type:ty = $value:expr) => {
        /// Sets the field of this name.
        $(#[$deprecated])?
        #[inline]
        #[must_use]
        pub fn $name(mut self, $name: $type) -> Self {
            self.$name = $value;
            self
        }
    };
}
pub(crate) use model_setter;

/// Implements `Default` for a struct that has no required fields.
#[doc(hidden)]
#[macro_export]
macro_rules! default_of {
    ($name:ident []) => {
        impl Default for $name {
            #[inline]
            fn default() -> Self {
                $crate::__private::Value::empty()
            }
        }
    };
    ($name:ident [$($required:ident)+]) => {};
}

/// Implements [`Table`](super::Table), [`Value`](super::Value), `Debug`, `PartialEq`, `Serialize` and `Deserialize`
/// for a struct that is a JSON object.
///
/// ```text
/// json_object!(Name [required fields] [optional fields and lists] [extra]);
/// ```
///
/// `extra` is a field `extra: Extra`. A struct without it, such as a request, is deserialized strictly: an unknown
/// field is an error, and so is a value of an unexpected type.
#[doc(hidden)]
#[macro_export]
macro_rules! json_object {
    ($name:ident [$($required:ident)*] [$($optional:ident)*] [$($extra:ident)?]) => {
        #[allow(deprecated, reason = "deprecated fields are serialized and deserialized like all others")]
        impl $crate::__private::Table for $name {
            const NAMES: &'static $crate::__private::Names = {
                const REQUIRED: &[&str] = &[$(stringify!($required)),*];
                const { assert!(REQUIRED.len() < 64) };
                const FIELDS: &[&str] = &[
                    $($crate::__private::wire_name(stringify!($required)),)*
                    $($crate::__private::wire_name(stringify!($optional)),)*
                ];
                &$crate::__private::Names {
                    object: stringify!($name),
                    fields: FIELDS,
                    required: REQUIRED.len(),
                    tag: None,
                    index: &$crate::__private::index::<{ $crate::__private::index_len(FIELDS) }>(FIELDS),
                }
            };

            #[inline]
            fn fields(&self, visit: &mut $crate::__private::Fields<'_>) {
                visit(
                    Self::NAMES,
                    &[$(&self.$required),*],
                    &[$(&self.$optional),*],
                    $crate::json_object!(@extra & self $($extra)?),
                );
            }

            #[inline]
            fn fields_mut(&mut self, visit: &mut $crate::__private::FieldsMut<'_>) {
                visit(
                    &mut [$(&mut self.$required),*],
                    &mut [$(&mut self.$optional),*],
                    $crate::json_object!(@extra &mut self $($extra)?),
                    None,
                );
            }
        }

        #[allow(deprecated, reason = "deprecated fields are serialized and deserialized like all others")]
        impl $crate::__private::Value for $name {
            #[inline]
            fn empty() -> Self {
                Self {
                    $($required: $crate::__private::Value::empty(),)*
                    $($optional: $crate::__private::Field::absent(),)*
                    $($extra: $crate::Extra::default(),)?
                }
            }

            #[inline]
            fn slot(&mut self) -> $crate::__private::Slot<'_> {
                $crate::__private::Slot::Object(self)
            }

            #[inline]
            fn view(&self) -> $crate::__private::View<'_> {
                $crate::__private::View::Object(self)
            }
        }

        impl std::fmt::Debug for $name {
            #[inline]
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $crate::__private::debug(self, f)
            }
        }

        impl PartialEq for $name {
            #[inline]
            fn eq(&self, other: &Self) -> bool {
                $crate::__private::equal(self, other)
            }
        }

        impl $crate::__private::serde::Serialize for $name {
            fn serialize<S: $crate::__private::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::__private::write(self, serializer)
            }
        }

        impl<'de> $crate::__private::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::__private::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let mut object = <Self as $crate::__private::Value>::empty();
                $crate::__private::read(&mut object, deserializer)?;
                Ok(object)
            }
        }
    };
    (@extra & $self:ident) => { None };
    (@extra &mut $self:ident) => { None };
    (@extra & $self:ident $extra:ident) => { Some(&$self.$extra) };
    (@extra &mut $self:ident $extra:ident) => { Some(&mut $self.$extra) };
}
