//! The kinds of parameter values.

/// The kinds of parameter values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ParameterKind {
    /// An identifier: a string that is not empty and has neither whitespace nor control characters.
    Id,
    /// A secret such as a PIN or a token, which is sent in a body.
    Secret,
    /// Any string.
    Text,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// A point in time, as an RFC 3339 string.
    Time,
    /// An object.
    Object,
    /// A list of values of this kind.
    ListOf(&'static ParameterKind),
}

impl ParameterKind {
    /// Returns whether values of this kind are secrets.
    #[must_use]
    pub fn is_secret(self) -> bool {
        match self {
            Self::ListOf(kind) => kind.is_secret(),
            kind => kind == Self::Secret,
        }
    }
}

/// A type of parameters.
pub trait Kind {
    /// The kind of its values.
    const KIND: ParameterKind;
}

/// Implements [`Kind`] for types.
macro_rules! kinds {
    ($($kind:ident: $($type:ty),*;)*) => { $($(
        impl Kind for $type {
            const KIND: ParameterKind = ParameterKind::$kind;
        }
    )*)* };
}

kinds! {
    Text: String;
    Boolean: bool;
    Integer: i64, u32;
    Number: f64;
}

impl<T: Kind> Kind for Vec<T> {
    const KIND: ParameterKind = ParameterKind::ListOf(&T::KIND);
}
