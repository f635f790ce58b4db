//! Keys in files, rotated under the running gateway without a reload.

use crate::sources::Scene;
use crate::support::evergate::wait_until;
use crate::support::http::get;
use std::fs;
use std::time::Duration;

#[tokio::test]
async fn a_rotated_pair_is_taken_up_and_a_half_written_one_is_not() {
    let scene = Scene::new(Duration::from_hours(1));
    let (id, key) = (scene.path("id"), scene.path("key"));
    let ledger = &scene.server.ledger;
    ledger.add_lasting("AKIAFIRST", "canary-first");
    ledger.add_lasting("AKIASECOND", "canary-second");
    fs::write(&id, "AKIAFIRST\n").unwrap();
    fs::write(&key, "canary-first\n").unwrap();
    let gateway = scene.start(&format!(
        "{{ access_key_id: 'file:{}', secret_access_key: 'file:{}' }}",
        id.display(),
        key.display()
    ));
    let status = async || get(gateway.address, "/s/u1.png").await.status.as_u16();
    assert_eq!(status().await, 200);

    // An empty file: whoever rotates is half way through, and takes longer than files are given to rest.
    fs::write(&key, "").unwrap();
    gateway.wait_for_log("renewing credentials failed");
    for _ in 0..10 {
        assert_eq!(status().await, 200, "the old pair stays in use");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    fs::write(&key, "canary-second\n").unwrap();
    fs::write(&id, "AKIASECOND\n").unwrap();
    wait_until("the new pair", || gateway.log().contains("AKIASECOND"));
    assert_eq!(status().await, 200);
    assert_eq!(scene.origin.served().last().map(String::as_str), Some("AKIASECOND"));
    assert_eq!(scene.origin.refusals(), [""; 0], "no mixture of the two was ever used");
    ledger.revoke("AKIAFIRST");
    assert_eq!(status().await, 200);
    ledger.assert_untold(&gateway.log());
}
