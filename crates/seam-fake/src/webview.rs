//! The page of a connect webview, on which a user signs in. It works without JavaScript.

use std::borrow::Cow;

use seam_core::{
    Request, Response,
    http::{HeaderValue, Method, StatusCode, Uri, header::LOCATION},
};

use crate::{
    html::{self, escape},
    json::{Object, string, strings},
    providers,
    routes::connect_webviews::{self, SignIn},
    state::State,
    tables::{ConnectWebview, Id},
};

/// The path of the page; the query names the connect webview.
const PATH: &str = "/connect_webviews/view";

/// Returns the response, if the path is that of the page.
pub(crate) fn respond(state: &mut State, request: &Request) -> Option<Response> {
    if request.uri().path() != PATH {
        return None;
    }
    let query = request.uri().query().unwrap_or_default();
    let id = Id::new(field(query.as_bytes(), "connect_webview_id").unwrap_or_default());
    let webview = state.get(&id).filter(|webview| has_token(webview, query)).cloned();
    Some(match webview {
        None => with_status(
            404,
            message("Not found", "This link does not belong to a connect webview, or the connect webview was deleted."),
        ),
        Some(webview) if *request.method() == Method::GET => show(&webview),
        Some(webview) if *request.method() == Method::POST => sign_in(state, &webview, &id, request.body().as_ref()),
        Some(_) => with_status(405, message("Method not allowed", "This page accepts GET and POST.")),
    })
}

/// Whether the query has the token of the connect webview's link.
fn has_token(webview: &Object, query: &str) -> bool {
    let link = string(webview, "url").and_then(|url| url.parse::<Uri>().ok());
    let token = link.as_ref().and_then(Uri::query).and_then(|query| field(query.as_bytes(), "auth_token"));
    token.is_none() || token == field(query.as_bytes(), "auth_token")
}

/// Completes or fails the sign-in, according to the form.
fn sign_in(state: &mut State, webview: &Object, id: &Id<ConnectWebview>, form: &[u8]) -> Response {
    let (provider, email) = (field(form, "provider"), field(form, "email"));
    let given = |value: &'_ Option<Cow<'_, str>>| value.as_deref().map(str::to_owned).filter(|value| !value.is_empty());
    let (provider, email) = (given(&provider), given(&email));
    let (outcome, redirect) = match field(form, "status").as_deref() {
        Some("authorized") => {
            let choice = SignIn { provider: provider.as_deref(), email: email.as_deref() };
            (connect_webviews::complete(state, id, &choice), "custom_redirect_url")
        }
        Some("failed") => (connect_webviews::fail(state, id), "custom_redirect_failure_url"),
        _ => return with_status(400, message("Invalid form", "The form has no valid status.")),
    };
    if outcome.is_err() {
        let reason = "This connect webview is already completed, or does not accept the provider.";
        return with_status(400, message("Sign-in failed", reason));
    }
    if let Some(location) = string(webview, redirect).and_then(|url| HeaderValue::from_str(url).ok()) {
        let mut response = with_status(303, message("Redirecting", "You are being redirected to the application."));
        response.headers_mut().insert(LOCATION, location);
        return response;
    }
    state.get(id).map_or_else(|| message("Deleted", "This connect webview was deleted."), show)
}

/// Renders the form, or the outcome of the sign-in.
fn show(webview: &Object) -> Response {
    match string(webview, "status") {
        Some("authorized") => message("Account connected", "You can close this page and go back to the application."),
        Some("failed") => page(
            "Sign-in failed",
            &format!("<p class=\"muted\">The provider rejected the sign-in. You can try again.</p>{}", form(webview)),
        ),
        _ => page(
            "Connect an account",
            &format!(
                "<p class=\"muted\">This is a simulated sign-in, without a real account or a password. Select the \
                 provider and the account that the application receives.</p>{}",
                form(webview)
            ),
        ),
    }
}

fn form(webview: &Object) -> String {
    let options: String = strings(webview, "accepted_providers")
        .map(|name| {
            let display_name = providers::by_name(name).map_or(name, |provider| provider.display_name);
            let selected = if name == "august" { " selected" } else { "" };
            format!("<option value=\"{}\"{selected}>{}</option>", escape(name), escape(display_name))
        })
        .collect();
    format!(
        r#"
<form method="post">
<label>Provider <select name="provider">{options}</select></label>
<label>Account <input name="email" type="email" placeholder="jane@example.com" autocomplete="off"></label>
<div class="actions">
<button class="primary" name="status" value="authorized">Sign in</button>
<button name="status" value="failed" formnovalidate>Simulate a failed sign-in</button>
</div>
</form>"#
    )
}

/// Returns a page without a form.
fn message(title: &str, text: &str) -> Response {
    page(title, &format!("<p class=\"muted\">{}</p>", escape(text)))
}

fn page(title: &str, content: &str) -> Response {
    let title = escape(title);
    let page = format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>{}</style>
</head>
<body class="webview">
<main class="card">
<p class="brand"><span class="mark" aria-hidden="true"></span>fake-seam</p>
<h1>{title}</h1>
{content}
</main>
</body>
</html>
"#,
        html::STYLE
    );
    // No `form-action`: browsers also apply it to the redirect after the form, which leads to the application.
    html::response(page, &format!("img-src data:; style-src {}", html::source_of(html::STYLE)))
}

fn with_status(status: u16, mut response: Response) -> Response {
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    response
}

/// Returns a field of a form or of a query.
fn field<'a>(encoded: &'a [u8], name: &str) -> Option<Cow<'a, str>> {
    form_urlencoded::parse(encoded).find(|(key, _)| key == name).map(|(_, value)| value)
}
