//! Clients for programs without async.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
};

use seam_hyper::{Credentials, blocking};

#[test]
fn a_call_blocks_until_its_answer_is_there() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        for line in BufReader::new(stream.try_clone().unwrap()).lines() {
            if line.unwrap().is_empty() {
                break;
            }
        }
        let body = r#"{"access_code":{"access_code_id":"26d6138c"}}"#;
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json";
        write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
    });
    let builder = blocking::builder().unwrap().credentials(Credentials::api_key("seam_example_key").unwrap());
    let seam = builder.base_url(url).build().unwrap();
    let code = seam.access_codes().get("26d6138c").block().unwrap();
    assert_eq!(code.access_code_id, "26d6138c");
}
