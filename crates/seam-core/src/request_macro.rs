//! The macros that define requests. Each parameter is written once, and expands to the struct, its constructors, the
//! parameters of the [`Spec`](crate::Spec) and the setters.

/// Defines the request of an endpoint.
///
/// ```text
/// request! {
///     /// The parameters of `POST /locks/paint`: a call of [`Locks::paint`].
///     pub struct Paint {
///         /// The lock to paint.
///         #[required]
///         pub device_id: DeviceId,
///         /// The coats of paint. Default: 1.
///         pub coats: Option<u32>,
///         /// The name of the colour.
///         #[clear(clear_colour)]
///         pub colour: Patch<String>,
///     }
///     type Output = Device;
///     const SPEC = Spec::new(Method::POST, "/locks/paint", Idempotency::Idempotent)
///         .with_response_key(ResponseKey::Required("device"));
/// }
/// ```
///
/// `new` takes the required parameters in this order. The request and its [`Call`](crate::Call) have a setter for each
/// optional parameter, and a setter that sends `null` if `clear` names one.
///
/// If sets of parameters select the resource, each set has a constructor after the struct, `fn by_name(name);`, and its
/// parameters have the attribute `selector` unless they are required. They have no setters, and `new` is one of the
/// constructors.
///
/// `type Item = Device;` instead of `type Output` defines a paginated list.
macro_rules! request {
    (
        $(#[doc = $about:literal])*
        $(#[deprecated = $deprecated:literal])?
        pub struct $name:ident {
            $(
                $(#[doc = $doc:literal])*
                $(#[deprecated = $note:literal])?
                $(#[required] pub $required:ident: $type:ident $(<$item:ident>)?)?
                $(#[selector] pub $selector:ident: Option<$selects:ident $(<$selected:ident>>)? $(>)?)?
                $(pub $optional:ident: Option<$head:ident $(<$listed:ident>>)? $(>)?)?
                $(#[clear($clear:ident)] pub $nullable:ident: Patch<$patched:ident $(<$patches:ident>>)? $(>)?)?
            ,)*
        }
        $(fn $constructor:ident($($argument:ident),*);)*

        $(type Output = $output:ty;)?
        $(type Item = $page_item:ty;)?
        const SPEC = $spec:expr;
    ) => {
        $(#[doc = $about])*
        #[derive(Clone)]
        #[non_exhaustive]
        pub struct $name {
            $(
                $(#[doc = $doc])*
                $(#[deprecated = $note])?
                $(pub $required: $type $(<$item>)?,)?
                $(pub $selector: Option<$selects $(<$selected>)?>,)?
                $(pub $optional: Option<$head $(<$listed>)?>,)?
                $(pub $nullable: seam_model::Patch<$patched $(<$patches>)?>,)?
            )*
        }

        $crate::request_macro::constructors! {
            $(#[deprecated = $deprecated])?
            $name [$($constructor($($argument)*))*]
            [$(
                $($required: required $type $($item)?;)?
                $($selector: optional $selects $($selected)?;)?
                $($optional: optional $head $($listed)?;)?
                $($nullable: optional $patched $($patches)?;)?
            )*]
            [$($($required: $type $($item)?;)?)*]
            [$($($selector)? $($optional)? $($nullable)?)*]
        }

        #[allow(deprecated, reason = "setters of deprecated parameters set deprecated fields")]
        impl $name {
            $($crate::request_macro::setter! {
                []
                [#[doc = "Sets the parameter of this name, as the method of [`Call`](crate::Call) does."]]
                [$(#[deprecated = $note])? #[must_use]]
                $($optional: $head $($listed)?)?
                $($nullable or $clear: $patched $($patches)?)?
            })*
        }

        #[allow(deprecated, reason = "setters of deprecated parameters set deprecated fields")]
        impl $crate::Call<$name> {
            $($crate::request_macro::setter! {
                [request]
                [$(#[doc = $doc])*]
                [$(#[deprecated = $note])?]
                $($optional: $head $($listed)?)?
                $($nullable or $clear: $patched $($patches)?)?
            })*
        }

        seam_model::json_object!(
            $name [$($($required)?)*] [$($($selector)? $($optional)? $($nullable)?)*] []
        );

        impl $crate::Endpoint for $name {
            $(type Output = $output;)?
            $(type Output = $crate::Page<$page_item>;)?
            const SPEC: &'static $crate::Spec = &$crate::request_macro::with_selectors!(
                $spec.with_parameters(&[$(
                    $($crate::request_macro::parameter!(required $required: $type $(<$item>)?),)?
                    $($crate::request_macro::parameter!(optional $selector: $selects $(<$selected>)?),)?
                    $($crate::request_macro::parameter!(optional $optional: $head $(<$listed>)?),)?
                    $($crate::request_macro::parameter!(optional $nullable: $patched $(<$patches>)?),)?
                )*]),
                [$([$($argument)*])*]
            );
        }

        $(
            impl $crate::endpoint::sealed::Paged for $name {}

            impl $crate::Paged for $name {
                type Item = $page_item;

                #[inline]
                fn page_cursor(&self) -> Option<&str> {
                    self.page_cursor.as_deref()
                }

                #[inline]
                fn set_page_cursor(&mut self, cursor: String) {
                    self.page_cursor = cursor.into();
                }
            }
        )?
    };
}
pub(crate) use request;

/// Defines an object in the parameters of a request, in the notation of [`request!`]. The setters are methods of the
/// object.
macro_rules! request_part {
    (
        $(#[doc = $about:literal])*
        pub struct $name:ident {
            $(
                $(#[doc = $doc:literal])*
                $(#[deprecated = $note:literal])?
                $(#[required] pub $required:ident: $type:ident $(<$item:ident>)?)?
                $(pub $optional:ident: Option<$head:ident $(<$listed:ident>>)? $(>)?)?
                $(#[clear($clear:ident)] pub $nullable:ident: Patch<$patched:ident $(<$patches:ident>>)? $(>)?)?
            ,)*
        }
    ) => {
        $(#[doc = $about])*
        #[derive(Clone)]
        #[non_exhaustive]
        pub struct $name {
            $(
                $(#[doc = $doc])*
                $(#[deprecated = $note])?
                $(pub $required: $type $(<$item>)?,)?
                $(pub $optional: Option<$head $(<$listed>)?>,)?
                $(pub $nullable: seam_model::Patch<$patched $(<$patches>)?>,)?
            )*
        }

        $crate::request_macro::constructors! {
            $name [] [] [$($($required: $type $($item)?;)?)*] [$($($optional)? $($nullable)?)*]
        }

        #[allow(deprecated, reason = "setters of deprecated parameters set deprecated fields")]
        impl $name {
            $($crate::request_macro::setter! {
                []
                [$(#[doc = $doc])*]
                [$(#[deprecated = $note])? #[must_use]]
                $($optional: $head $($listed)?)?
                $($nullable or $clear: $patched $($patches)?)?
            })*
        }

        seam_model::json_object!($name [$($($required)?)*] [$($($optional)? $($nullable)?)*] []);

        impl seam_model::__private::Kind for $name {
            const KIND: $crate::ParameterKind = $crate::ParameterKind::Object;
        }
    };
}
pub(crate) use request_part;

/// Expands to the constructors of a request: the named ones with their parameters, or `new`.
macro_rules! constructors {
    (
        $(#[$deprecated:meta])?
        $name:ident [] $table:tt [$($required:ident: $type:ident $($item:ident)?;)*] [$($optional:ident)*]
    ) => {
        #[allow(deprecated, reason = "all fields are initialized")]
        impl $name {
            /// Creates a value with the required parameters. All others are absent.
            $(#[$deprecated])?
            #[inline]
            #[must_use]
            pub fn new($($required: $crate::request_macro::argument!($type $($item)?)),*) -> Self {
                Self {
                    $($required: $crate::request_macro::taken!($type $($item)? = $required),)*
                    $($optional: seam_model::__private::Field::absent(),)*
                }
            }
        }

        seam_model::default_of!($name [$($required)*]);
    };
    (
        $(#[$deprecated:meta])?
        $name:ident [$($constructor:ident($($argument:ident)*))+] $table:tt $required:tt $optional:tt
    ) => {
        $crate::request_macro::constructors! {
            @dollar ($) [$(#[$deprecated])?] $name [$($constructor($($argument)*))+] $table
        }
    };
    (
        @dollar ($dollar:tt) $deprecated:tt
        $name:ident [$($constructor:ident($($argument:ident)*))+]
        [$($field:ident: $presence:ident $type:ident $($item:ident)?;)*]
    ) => {
        /// Expands to the type and the value of a parameter, by its name.
        macro_rules! by_name {
            $(
                ($field) => {
                    $crate::request_macro::argument!($type $($item)?)
                };
                ($field = $dollar value:ident) => {
                    $crate::request_macro::taken!($presence $type $($item)? = $dollar value)
                };
            )*
        }

        #[allow(deprecated, reason = "all fields are initialized")]
        impl $name {
            $($crate::request_macro::constructors! {
                @with $deprecated
                #[doc = concat!("Creates a request that selects by", $(" `", stringify!($argument), "`",)* ".")]
                #[must_use]
                pub fn $constructor($($argument: by_name!($argument)),*) -> Self {
                    let mut request = <Self as seam_model::__private::Value>::empty();
                    $(request.$argument = by_name!($argument = $argument);)*
                    request
                }
            })+
        }
    };
    (@with [$($attribute:tt)*] $($function:tt)+) => {
        $($attribute)*
        $($function)+
    };
}
pub(crate) use constructors;

/// Expands to the setters of a parameter on the type of the enclosing `impl`, whose request is at `path`.
macro_rules! setter {
    // Required parameters and selectors have no setter.
    ([$($path:ident)?] [$($doc:tt)*] [$($attributes:tt)*]) => {};
    (
        [$($path:ident)?] [$($doc:tt)*] [$($attributes:tt)*]
        $name:ident: $type:ident $($item:ident)?
    ) => {
        $($doc)*
        $($attributes)*
        #[inline]
        pub fn $name(mut self, $name: $crate::request_macro::argument!($type $($item)?)) -> Self {
            self.$($path.)?$name = Some($crate::request_macro::taken!($type $($item)? = $name));
            self
        }
    };
    (
        [$($path:ident)?] [$($doc:tt)*] [$($attributes:tt)*]
        $name:ident or $clear:ident: $type:ident $($item:ident)?
    ) => {
        $($doc)*
        $($attributes)*
        #[inline]
        pub fn $name(mut self, $name: $crate::request_macro::argument!($type $($item)?)) -> Self {
            self.$($path.)?$name = seam_model::Patch::Value($crate::request_macro::taken!($type $($item)? = $name));
            self
        }

        #[doc = concat!("Sends `null` for `", stringify!($name), "`, which clears the value.")]
        $($attributes)*
        #[inline]
        pub fn $clear(mut self) -> Self {
            self.$($path.)?$name = seam_model::Patch::Null;
            self
        }
    };
}
pub(crate) use setter;

/// Expands to the type of the argument for a parameter. Numbers and booleans are not converted, so that the type of a
/// literal such as `100` is inferred; all other types are.
macro_rules! argument {
    (bool) => { bool };
    (u32) => { u32 };
    (i64) => { i64 };
    (f64) => { f64 };
    (Vec u32) => { impl IntoIterator<Item = u32> };
    (Vec f64) => { impl IntoIterator<Item = f64> };
    (Vec $item:ident) => { impl IntoIterator<Item = impl Into<$item>> };
    (CustomMetadata) => {
        impl IntoIterator<Item = (impl Into<String>, impl Into<seam_model::MetadataValue>)>
    };
    ($type:ident) => { impl Into<$type> };
}
pub(crate) use argument;

/// Expands to the value of a parameter from its argument.
macro_rules! taken {
    (required $($of:tt)+) => { $crate::request_macro::taken!($($of)+) };
    (optional $($of:tt)+) => { Some($crate::request_macro::taken!($($of)+)) };
    (Vec $item:ident = $value:ident) => { $value.into_iter().map(Into::into).collect() };
    (CustomMetadata = $value:ident) => {
        $value.into_iter().map(|(name, value)| (name.into(), value.into())).collect()
    };
    ($type:ident = $value:ident) => { $value.into() };
}
pub(crate) use taken;

/// Expands to the description of a parameter.
macro_rules! parameter {
    ($presence:ident $name:ident: $type:ty) => {
        $crate::Parameter::$presence(
            seam_model::__private::wire_name(stringify!($name)),
            <$type as seam_model::__private::Kind>::KIND,
        )
    };
}
pub(crate) use parameter;

/// Adds the sets of parameters of the constructors, if there are any, to a `Spec`.
macro_rules! with_selectors {
    ($spec:expr, []) => { $spec };
    ($spec:expr, [$([$($argument:ident)*])+]) => {
        $spec.with_selectors(&[$(&[$(seam_model::__private::wire_name(stringify!($argument))),*]),+])
    };
}
pub(crate) use with_selectors;
