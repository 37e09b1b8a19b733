//! The API description that is compiled into this crate.

use crate::{ApiDescription, ParseError, files, parse};

impl ApiDescription {
    /// Parses the description that is compiled into this crate. [`api`](crate::api) returns it parsed.
    ///
    /// # Errors
    ///
    /// Fails at the first line that cannot be parsed, or that repeats a name.
    pub fn embedded() -> Result<Self, ParseError> {
        let (mut resources, mut routes) = (Vec::new(), Vec::new());
        for file in files::API {
            let (more_resources, more_routes) = parse(file.path, file.text)?;
            resources.extend(more_resources);
            routes.extend(more_routes);
        }
        Ok(Self::new(resources, routes))
    }
}
