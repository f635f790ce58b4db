//! What the hand signs rightly is believed: so it is no use of the table when something is amiss with the hand.

use super::table::{Expected, Table};
use crate::hand::Draft;

#[test]
fn what_the_hand_signs_rightly_is_believed() {
    let mut table = Table::default();
    table.header("a header", |_| (), Expected::Believed);
    table.query("a presigned URL", |_| (), Expected::Believed);
    table.row("version 2", &Draft::version_2().sign_version_2(""), Expected::Believed);
    for payload in
        ["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"]
    {
        table.header(payload, |draft| draft.payload = payload, Expected::Believed);
    }
    let sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    table.query(
        "the body's hash in the query",
        |draft| {
            draft.payload = sha256;
            draft.query = vec![("X-Amz-Content-Sha256", sha256)];
        },
        Expected::Believed,
    );
    table.query(
        "the body's hash in a signed header",
        |draft| {
            draft.payload = sha256;
            draft.fields = vec![("x-amz-content-sha256", sha256)];
            draft.signed_headers = "host;x-amz-content-sha256";
        },
        Expected::Believed,
    );
    for seconds in ["1", "9", "604800"] {
        table.query(seconds, |draft| draft.expires = seconds, Expected::Believed);
    }
    table.query("raw", |draft| draft.path = "/files/a!'()*.png", Expected::Believed);
    table.end(13);
}

