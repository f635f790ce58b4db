//! `object_store`: what DataFusion, Lance and their kin speak S3 with.

use crate::job::{Job, Outcome, Steps, content, same};
use futures_util::{StreamExt, TryStreamExt};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, WriteMultipart};

/// Keys with what its `Path` leaves as it is and what S3 encodes.
const KEYS: [&str; 4] = [
    "os/a plain one.txt",
    "os/grüße+und=mehr.txt",
    "os/deep/er/(1)!'.txt",
    "os/deep/z&?.txt",
];

pub async fn run(job: &Job, steps: &Steps) {
    let store = AmazonS3Builder::new()
        .with_endpoint(&job.endpoint)
        .with_allow_http(true)
        .with_region(&job.region)
        .with_bucket_name(&job.bucket)
        .with_access_key_id(&job.access_key_id)
        .with_secret_access_key(&job.secret_access_key)
        .build()
        .expect("a store");
    let store = &store;
    steps.step("put and get", put_and_get(store)).await;
    steps.step("ranges", ranges(store)).await;
    steps.step("multipart", multipart(store)).await;
    steps.step("list", list(store)).await;
    steps.step("copy", copy(store)).await;
    steps.step("missing", missing(store)).await;
    steps.step("delete", delete(store)).await;
}

async fn put_and_get(store: &AmazonS3) -> Outcome {
    for (seed, key) in (1..).zip(KEYS) {
        let body = content(50_000, seed);
        store.put(&Path::parse(key)?, body.clone().into()).await?;
        let got = store.get(&Path::parse(key)?).await?;
        same("size", &got.meta.size, &50_000)?;
        same(key, &got.bytes().await?.to_vec(), &body)?;
    }
    store.put(&Path::parse("os/empty")?, Vec::new().into()).await?;
    same("size", &store.head(&Path::parse("os/empty")?).await?.size, &0)
}

async fn ranges(store: &AmazonS3) -> Outcome {
    let (key, body) = (Path::parse(KEYS[0])?, content(50_000, 1));
    same(
        "one range",
        &store.get_range(&key, 1000..1010).await?.to_vec(),
        &body[1000..1010].to_vec(),
    )?;
    let two = store.get_ranges(&key, &[0..5, 49_990..50_000]).await?;
    same("first of two", &two[0].to_vec(), &body[..5].to_vec())?;
    same("second of two", &two[1].to_vec(), &body[49_990..].to_vec())
}

async fn multipart(store: &AmazonS3) -> Outcome {
    let (key, body) = (Path::parse("os/large.bin")?, content(12 * 1024 * 1024 + 17, 7));
    let mut upload = WriteMultipart::new(store.put_multipart(&key).await?);
    upload.write(&body);
    upload.finish().await?;
    let got = store.get(&key).await?.bytes().await?;
    same("size", &got.len(), &body.len())?;
    if got != body {
        return Err("other bytes came back".into());
    }
    let mut upload = store.put_multipart(&Path::parse("os/given-up.bin")?).await?;
    upload.put_part(content(5 * 1024 * 1024, 8).into()).await?;
    upload.abort().await?;
    match store.head(&Path::parse("os/given-up.bin")?).await {
        Err(Error::NotFound { .. }) => Ok(()),
        other => Err(format!("an upload that was given up: {other:?}").into()),
    }
}

async fn list(store: &AmazonS3) -> Outcome {
    let prefix = Path::parse("os/deep")?;
    let listed: Vec<_> = store.list(Some(&prefix)).try_collect().await?;
    let mut keys: Vec<String> = listed.iter().map(|meta| meta.location.to_string()).collect();
    keys.sort();
    same("keys", &keys, &vec![KEYS[2].to_owned(), KEYS[3].to_owned()])?;
    let here = store.list_with_delimiter(Some(&Path::parse("os")?)).await?;
    let mut keys: Vec<String> = here.objects.iter().map(|meta| meta.location.to_string()).collect();
    keys.sort();
    let expected = [KEYS[0], "os/empty", KEYS[1], "os/large.bin"].map(ToOwned::to_owned);
    same("keys here", &keys, &expected.to_vec())?;
    let folders: Vec<String> = here.common_prefixes.iter().map(ToString::to_string).collect();
    same("folders here", &folders, &vec!["os/deep".to_owned()])
}

async fn copy(store: &AmazonS3) -> Outcome {
    let (from, to) = (Path::parse(KEYS[2])?, Path::parse("os/copy (2).txt")?);
    store.copy(&from, &to).await?;
    same(
        "the copy",
        &store.get(&to).await?.bytes().await?.to_vec(),
        &content(50_000, 3),
    )?;
    store.rename(&to, &Path::parse("os/renamed.txt")?).await?;
    same(
        "renamed",
        &store.head(&Path::parse("os/renamed.txt")?).await?.size,
        &50_000,
    )
}

async fn missing(store: &AmazonS3) -> Outcome {
    let key = Path::parse("os/nothing here")?;
    match store.get(&key).await {
        Err(Error::NotFound { .. }) => {}
        other => return Err(format!("get: {other:?}").into()),
    }
    match store.head(&key).await {
        Err(Error::NotFound { .. }) => Ok(()),
        other => Err(format!("head: {other:?}").into()),
    }
}

async fn delete(store: &AmazonS3) -> Outcome {
    let prefix = Path::parse("os")?;
    let all = store.list(Some(&prefix)).map_ok(|meta| meta.location).boxed();
    let gone: Vec<_> = store.delete_stream(all).try_collect().await?;
    same("how many", &gone.len(), &7)?;
    let left: Vec<_> = store.list(Some(&prefix)).try_collect().await?;
    same("left", &left.len(), &0)
}
