//! mockall's mock of the trait `Transport`.
#![allow(missing_docs, reason = "mockall generates methods without documentation")]

use seam_core::{Request, Response, Transport, TransportError, async_trait};

mockall::mock! {
    /// A mock of [`Transport`] by mockall, with expectations on plain HTTP requests.
    ///
    /// ```
    /// use seam_mock::{MockTransport, json_response};
    ///
    /// # #[tokio::main]
    /// # async fn main() {
    /// let mut transport = MockTransport::new();
    /// transport.expect_send().times(1).returning(|request| {
    ///     assert_eq!(request.uri().path(), "/access_codes/unmanaged/get");
    ///     Ok(json_response(200, serde_json::json!({ "access_code": { "access_code_id": "26d6138c" } })))
    /// });
    /// let seam = seam_mock::seam(transport);
    /// let code = seam.access_codes().unmanaged().get("26d6138c").await.unwrap();
    /// assert_eq!(code.code, None);
    /// # }
    /// ```
    #[derive(Debug)]
    pub Transport {}

    #[async_trait]
    impl Transport for Transport {
        async fn send(&self, request: Request) -> Result<Response, TransportError>;
    }
}
