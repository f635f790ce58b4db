//! White space first, names replaced, refusals in the place of a document, bounds.

use super::*;
use futures_util::stream;
use http_body_util::StreamBody;

const LIST: &str = "<ListBucketResult><Name>theirs</Name></ListBucketResult>";
const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";

/// Each piece of what comes out, or why it ends early.
async fn told(pieces: Vec<Result<Bytes, TransferError>>) -> Result<Vec<String>, TransferError> {
    let source = StreamBody::new(stream::iter(pieces.into_iter().map(|piece| piece.map(Frame::data))));
    let view = ClientView {
        bucket: Some("mine".into()),
        ..ClientView::default()
    };
    let mut body = Rewriting::new(source, view, "/mine", RequestId(0xab));
    let mut told = Vec::new();
    while let Some(frame) = std::future::poll_fn(|context| body.poll(context)).await {
        told.push(String::from_utf8(frame?.into_data().unwrap().to_vec()).unwrap());
    }
    assert!(body.is_end_stream());
    Ok(told)
}

fn text(pieces: &[&str]) -> Vec<Result<Bytes, TransferError>> {
    pieces
        .iter()
        .map(|piece| Ok(Bytes::copy_from_slice(piece.as_bytes())))
        .collect()
}

#[tokio::test]
async fn a_document_is_told_whole_under_the_clients_name() {
    let seen = "<ListBucketResult><Name>mine</Name></ListBucketResult>";
    assert_eq!(told(text(&[LIST])).await.unwrap(), [seen]);
    let (front, back) = LIST.split_at(21);
    assert_eq!(
        told(text(&[DECLARATION, front, back])).await.unwrap(),
        [DECLARATION, seen]
    );
    assert_eq!(
        told(text(&["<?xml ver", "sion=\"1.0\"?>", LIST])).await.unwrap(),
        ["<?xml version=\"1.0\"?>", seen]
    );
}

#[tokio::test]
async fn white_space_in_front_goes_on_as_it_comes() {
    let told = told(text(&[DECLARATION, "\n", " ", "  ", LIST])).await.unwrap();
    assert_eq!(
        told,
        [
            DECLARATION,
            "\n",
            " ",
            "  ",
            "<ListBucketResult><Name>mine</Name></ListBucketResult>"
        ]
    );
}

#[tokio::test]
async fn a_refusal_behind_a_200_keeps_its_code_and_message_and_nothing_else() {
    let refusal = "<Error><Code>InternalError</Code><Message>We failed.</Message><HostId>canary</HostId><Resource>/theirs/k</Resource></Error>";
    let own = "<Error><Code>InternalError</Code><Message>We failed.</Message><Resource>/mine</Resource>\
               <RequestId>00000000000000ab</RequestId></Error>";
    let at_once = told(text(&[&format!("{DECLARATION}\n{refusal}")])).await.unwrap();
    assert_eq!(at_once, [format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{own}")]);
    let late = told(text(&[DECLARATION, "  ", refusal])).await.unwrap();
    assert_eq!(late, [DECLARATION, "  ", own]);
}

#[tokio::test]
async fn rule_19_what_is_cut_or_none_is_cut() {
    assert_eq!(
        told(text(&["<ListBucketResult><Name>"])).await,
        Err(TransferError::Garbled { received: 24 })
    );
    assert_eq!(told(text(&[])).await.unwrap().concat(), "");
    assert_eq!(
        told(vec![Ok(Bytes::from_static(b"<a>\xff</a>"))]).await,
        Err(TransferError::Garbled { received: 8 })
    );
    let cut = TransferError::Truncated { received: 5 };
    assert_eq!(
        told(vec![Ok(Bytes::from_static(b"<List")), Err(cut.clone())]).await,
        Err(cut)
    );
}

#[tokio::test]
async fn rule_23_a_document_has_a_bound() {
    let piece = Bytes::from(vec![b'a'; 4 * 1024 * 1024]);
    let pieces = std::iter::repeat_n(Ok(piece), 5).collect();
    assert_eq!(told(pieces).await, Err(TransferError::TooLong));
}
