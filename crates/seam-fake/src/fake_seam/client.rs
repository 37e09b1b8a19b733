//! Clients of a [`FakeSeam`].

use seam_core::{Builder, Credentials, Seam, Transport, test_util};

use crate::{FakeSeam, json::string, tables::ApiKey};

impl FakeSeam {
    /// Returns an in-memory client of this Seam, with its [clock](Self::clock) and the first of its API keys.
    #[must_use]
    pub fn seam(&self) -> Seam {
        let key = self.lock().rows::<ApiKey>().find_map(|key| string(key, "token").map(str::to_owned));
        let credentials = Credentials::api_key(key.unwrap_or_else(|| test_util::API_KEY.to_owned()));
        let client = credentials.and_then(|credentials| self.builder().credentials(credentials).build());
        // `add` accepts any string as a key, so it may not be a valid one.
        client.unwrap_or_else(|_| test_util::client(self.builder()))
    }

    /// Returns a builder of an in-memory client of this Seam, with its [clock](Self::clock). Blocking calls are allowed.
    pub fn builder(&self) -> Builder {
        self.builder_through(|transport| transport)
    }

    /// Creates a client of this Seam through a middleware, with this Seam's [clock](Self::clock).
    ///
    /// `wrap` receives the fake as a [`Transport`] and returns the transport that the client uses.
    ///
    /// ```
    /// use std::sync::atomic::{AtomicU32, Ordering};
    ///
    /// use seam_core::{Request, Response, Transport, TransportError, async_trait};
    /// use seam_fake::{FRONT_DOOR, FakeSeam};
    ///
    /// /// Counts requests.
    /// #[derive(Debug)]
    /// struct Counted<T>(T);
    ///
    /// static COUNT: AtomicU32 = AtomicU32::new(0);
    ///
    /// #[async_trait]
    /// impl<T: Transport> Transport for Counted<T> {
    ///     async fn send(&self, request: Request) -> Result<Response, TransportError> {
    ///         COUNT.fetch_add(1, Ordering::Relaxed);
    ///         self.0.send(request).await
    ///     }
    /// }
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), seam_core::Error> {
    /// let fake = FakeSeam::new();
    /// let seam = fake.seam_through(Counted);
    /// seam.locks().unlock_door(FRONT_DOOR).and_wait().await?; // waits on the clock of the fake, without real delay
    /// assert!(COUNT.load(Ordering::Relaxed) >= 2);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn seam_through<T: Transport>(&self, wrap: impl FnOnce(Self) -> T) -> Seam {
        test_util::client(self.builder_through(wrap))
    }

    /// Returns a builder of a client of this Seam through a middleware: [`seam_through`](Self::seam_through) for a client
    /// with other settings, such as credentials or a retry policy. Blocking calls are allowed.
    pub fn builder_through<T: Transport>(&self, wrap: impl FnOnce(Self) -> T) -> Builder {
        Seam::builder(wrap(self.clone())).clock(self.clock.clone()).allow_blocking()
    }
}
