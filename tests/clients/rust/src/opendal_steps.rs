//! `opendal`: sends `!'()*` in paths as they are, where most clients encode them.

use crate::job::{Job, Outcome, Steps, content, same};
use opendal::options::{ListOptions, ReadOptions, WriteOptions};
use opendal::{ErrorKind, Operator, services::S3};

/// Keys with what it sends raw, and with what everybody encodes.
const KEYS: [&str; 5] = [
    "od/plain.txt",
    "od/all of them !'()*.txt",
    "od/grüße+und=mehr&?.txt",
    "od/deep/(1)*.txt",
    "od/deep/100%25 ~.txt",
];

pub async fn run(job: &Job, steps: &Steps) {
    opendal_http_transport_reqwest::install_default();
    let service = S3::default()
        .root("/")
        .endpoint(&job.endpoint)
        .region(&job.region)
        .bucket(&job.bucket)
        .access_key_id(&job.access_key_id)
        .secret_access_key(&job.secret_access_key)
        .disable_config_load()
        .disable_ec2_metadata();
    let store = Operator::new(service).expect("an operator");
    let store = &store;
    steps.step("write and read", write_and_read(store)).await;
    steps.step("range", range(store)).await;
    steps.step("multipart", multipart(store)).await;
    steps.step("list", list(store)).await;
    steps.step("copy", copy(store)).await;
    steps.step("missing", missing(store)).await;
    steps.step("delete", delete(store)).await;
}

async fn write_and_read(store: &Operator) -> Outcome {
    for (seed, key) in (1..).zip(KEYS) {
        let body = content(50_000, seed);
        store.write(key, body.clone()).await?;
        same("size", &store.stat(key).await?.content_length(), &50_000)?;
        same(key, &store.read(key).await?.to_vec(), &body)?;
    }
    let typed = WriteOptions {
        content_type: Some("image/png".into()),
        cache_control: Some("max-age=60".into()),
        ..WriteOptions::default()
    };
    store.write_options("od/typed", "x", typed).await?;
    let stat = store.stat("od/typed").await?;
    same("type", &stat.content_type(), &Some("image/png"))
}

async fn range(store: &Operator) -> Outcome {
    let options = ReadOptions {
        range: (1000..1010).into(),
        ..ReadOptions::default()
    };
    let got = store.read_options(KEYS[1], options).await?.to_vec();
    same("range", &got, &content(50_000, 2)[1000..1010].to_vec())
}

async fn multipart(store: &Operator) -> Outcome {
    let body = content(11 * 1024 * 1024 + 17, 9);
    let options = WriteOptions {
        chunk: Some(5 * 1024 * 1024),
        concurrent: 2,
        ..WriteOptions::default()
    };
    store.write_options("od/large (*).bin", body.clone(), options).await?;
    let got = store.read("od/large (*).bin").await?.to_vec();
    same("size", &got.len(), &body.len())?;
    if got == body {
        Ok(())
    } else {
        Err("other bytes came back".into())
    }
}

async fn list(store: &Operator) -> Outcome {
    let recursive = ListOptions {
        recursive: true,
        ..ListOptions::default()
    };
    let mut keys: Vec<String> = store
        .list_options("od/", recursive)
        .await?
        .iter()
        .map(|entry| entry.path().to_owned())
        .filter(|path| !path.ends_with('/'))
        .collect();
    keys.sort();
    let mut expected: Vec<String> = KEYS.map(ToOwned::to_owned).to_vec();
    expected.extend(["od/typed".to_owned(), "od/large (*).bin".to_owned()]);
    expected.sort();
    same("keys", &keys, &expected)?;
    let entries = store.list("od/").await?;
    let folders: Vec<_> = entries
        .iter()
        .map(opendal::Entry::path)
        .filter(|path| path.ends_with('/'))
        .collect();
    same("folders", &folders.contains(&"od/deep/"), &true)
}

async fn copy(store: &Operator) -> Outcome {
    store.copy(KEYS[1], "od/copy of !'()*").await?;
    same(
        "the copy",
        &store.read("od/copy of !'()*").await?.to_vec(),
        &content(50_000, 2),
    )
}

async fn missing(store: &Operator) -> Outcome {
    let kind = |result: opendal::Result<()>| result.map_err(|error| error.kind());
    same(
        "stat",
        &kind(store.stat("od/nothing (here)").await.map(drop)),
        &Err(ErrorKind::NotFound),
    )?;
    same(
        "read",
        &kind(store.read("od/nothing (here)").await.map(drop)),
        &Err(ErrorKind::NotFound),
    )
}

async fn delete(store: &Operator) -> Outcome {
    store.delete(KEYS[1]).await?;
    same("still there", &store.exists(KEYS[1]).await?, &false)?;
    // In batches, by DeleteObjects.
    let rest = [
        KEYS[0],
        KEYS[2],
        KEYS[3],
        KEYS[4],
        "od/typed",
        "od/large (*).bin",
        "od/copy of !'()*",
    ];
    store.delete_iter(rest).await?;
    for key in rest {
        same(key, &store.exists(key).await?, &false)?;
    }
    Ok(())
}
