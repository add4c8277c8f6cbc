//! The script of features, of their results and of their files.

use std::sync::Arc;

use http::{HeaderMap, Uri};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Counts, Ledger, OpenCall, Received, Script, Turn};
use crate::{
    feature::Results,
    reply::{Reply, Step},
    wire,
};

/// The answer that a stand-in without a script gives, a little changed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Act {
    /// Steps before its headers, to make it wait.
    pub before_headers: Vec<Step>,
    /// `aiRecord.metadata` of a feature; an empty object as recorded live.
    pub metadata: Value,
}

impl Default for Act {
    fn default() -> Self {
        Self { before_headers: Vec::new(), metadata: json!({}) }
    }
}

impl Act {
    pub(super) fn after(self, reply: Reply) -> Reply {
        Reply { before_headers: self.before_headers, ..reply }
    }
}

/// A file that was fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Downloaded {
    /// Path and query.
    pub path: String,
    /// Whether the request bore a key, which it never must.
    pub has_api_key: bool,
}

impl Script {
    /// Plays `turn` for the next call of a feature that finds their queue empty before it. An answer's text is then the
    /// only entry of the result.
    pub fn push_feature(&self, turn: Turn) {
        self.stage().feature_queue.push_back(turn);
    }

    /// Plays `turn` for every call of a feature beyond their queue.
    pub fn always_feature(&self, turn: Turn) {
        self.respond_to_features_with(move |_| turn.clone());
    }

    /// Decides for every call of a feature beyond their queue by what it received.
    pub fn respond_to_features_with(&self, respond: impl Fn(&Received) -> Turn + Send + Sync + 'static) {
        self.stage().feature_standing = Some(Arc::new(respond));
    }

    /// Every call of a feature so far, in the order of arrival.
    #[must_use]
    pub fn features(&self) -> Vec<Received> {
        self.features.received()
    }

    /// How many calls of features are open, were answered to the end, were left by the client.
    #[must_use]
    pub fn feature_counts(&self) -> Counts {
        self.features.counts()
    }

    /// Waits until the counts of features are as `is_reached` wants them.
    pub async fn wait_for_features(&self, is_reached: impl FnMut(&Counts) -> bool) -> Counts {
        self.features.wait_for(is_reached).await
    }

    /// How often the result of a call with `async` is still being processed when it is asked for, also of one that goes on
    /// now. Default 1.
    pub fn processing(&self, times: usize) {
        self.results.processing(times);
    }

    /// Answers the next question for a result with `reply`, and the call it asks for goes on all the same.
    pub fn push_result(&self, reply: Reply) {
        self.stage().result_queue.push_back(reply);
    }

    /// Answers the next fetch of a file with `reply`.
    pub fn push_download(&self, reply: Reply) {
        self.stage().download_queue.push_back(reply);
    }

    /// Every fetch of a file so far, in the order of arrival.
    #[must_use]
    pub fn downloads(&self) -> Vec<Downloaded> {
        self.downloads.received()
    }

    /// Waits until the counts of fetches are as `is_reached` wants them.
    pub async fn wait_for_downloads(&self, is_reached: impl FnMut(&Counts) -> bool) -> Counts {
        self.downloads.wait_for(is_reached).await
    }

    /// Makes every file so large, with zeros behind what it is; they are never all in memory. `None`: as large as it is.
    pub fn file_bytes(&self, size: Option<u64>) {
        self.stage().file_bytes = size;
    }

    pub(crate) fn results(&self) -> Results {
        self.results.clone()
    }

    /// Records a call of a feature and decides its answer; `act` is the acted one, with this metadata.
    pub(crate) fn take_feature(
        &self,
        received: Received,
        act: impl FnOnce(&Value) -> Reply,
    ) -> (Reply, OpenCall<Received>) {
        let (scripted, standing) = {
            let mut stage = self.stage();
            (stage.feature_queue.pop_front(), stage.feature_standing.clone())
        };
        let turn = scripted.or_else(|| standing.map(|respond| respond(&received)));
        let reply = match turn.unwrap_or_else(|| Turn::Act(Act::default())) {
            Turn::Answer(answer) => answer.to_feature_reply(&received),
            Turn::Reply(reply) => reply,
            Turn::Act(how) => {
                let reply = act(&how.metadata);
                how.after(reply)
            }
        };
        (reply, Ledger::open(&self.features, received))
    }

    pub(crate) fn take_result(&self) -> Option<Reply> {
        self.stage().result_queue.pop_front()
    }

    /// Records a fetch and decides its answer.
    pub(crate) fn take_download(&self, uri: &Uri, headers: &HeaderMap, reply: Reply) -> (Reply, OpenCall<Downloaded>) {
        let (scripted, file_bytes) = {
            let mut stage = self.stage();
            (stage.download_queue.pop_front(), stage.file_bytes)
        };
        let reply = match (scripted, file_bytes) {
            (Some(scripted), _) => scripted,
            (None, Some(size)) if reply.status == 200 => padded(reply, size),
            _ => reply,
        };
        let downloaded = Downloaded { path: uri.to_string(), has_api_key: headers.contains_key("API-KEY") };
        (reply, Ledger::open(&self.downloads, downloaded))
    }
}

fn padded(mut reply: Reply, size: u64) -> Reply {
    let own: usize =
        reply.body.iter().map(|step| if let Step::SendBytes(bytes) = step { bytes.len() } else { 0 }).sum();
    let zeros = size.saturating_sub(u64::try_from(own).unwrap_or_default());
    reply.body.push(Step::SendZeros(zeros));
    reply.headers = vec![("content-length".to_owned(), size.max(u64::try_from(own).unwrap_or_default()).to_string())];
    reply
}

impl super::Answer {
    fn to_feature_reply(&self, received: &Received) -> Reply {
        let request = received.body.clone().unwrap_or_default();
        let prompt = received.prompt().unwrap_or_default();
        let results = [self.text.said_to(prompt).to_owned()];
        let uuid = "11111111-1111-4111-8111-111111111111";
        let record = wire::feature_record(&request, uuid, "SUCCESS", &results, &self.metadata);
        Reply { piece_bytes: self.piece_bytes, ..Reply::json(200, record.to_string()) }
    }
}

#[cfg(test)]
mod tests {
    use onemin::{ApiKey, Client, ClientOptions, Content, Download, Feature, FeatureRequest, Fields, Upload};

    use super::*;
    use crate::{Answer, Mock};

    async fn pair() -> (Mock, Client, ApiKey) {
        let mock = Mock::start(0).await.unwrap();
        let url: url::Url = mock.url().parse().unwrap();
        let options = ClientOptions { api_url: url.clone(), asset_url: url, ..ClientOptions::default() };
        (mock, Client::new(&options).unwrap(), ApiKey::new("canary-0123456789abcdef").unwrap())
    }

    fn pictures(count: u32) -> FeatureRequest {
        let fields = Fields::default().with("prompt", "a fox").with("n", count).with("size", "512x512");
        FeatureRequest::new(Feature::ImageGenerator, "dall-e-2", fields)
    }

    async fn whole(mut download: Download) -> Vec<u8> {
        let mut whole = Vec::new();
        while let Some(piece) = download.next().await {
            whole.extend(piece.unwrap());
        }
        whole
    }

    #[tokio::test]
    async fn the_client_has_pictures_made_and_fetches_them_without_the_key() {
        let (mock, client, key) = pair().await;
        let answer = client.feature(&key, &pictures(2)).await.unwrap();
        assert_eq!(answer.results.len(), 2);
        assert!(answer.temporary_url.as_ref().unwrap().contains("X-Amz-Signature"));
        let first = client.download(&answer, 0).await.unwrap();
        assert_eq!(first.media_type.as_deref(), Some("image/png"));
        let (first, second) = (whole(first).await, whole(client.download(&answer, 1).await.unwrap()).await);
        assert!(first.starts_with(b"\x89PNG") && second.starts_with(b"\x89PNG"));
        assert_ne!(first, second);
        assert_eq!(mock.script().features()[0].model(), Some("dall-e-2"));
        assert_eq!(mock.script().counts().total(), 0, "chats are another ledger");
        let downloads = mock.script().downloads();
        assert_eq!(downloads.len(), 2);
        assert!(downloads.iter().all(|download| !download.has_api_key));
        assert!(downloads[0].path.starts_with("/asset.1min.ai/images/"));
        mock.script().reset();
        assert_eq!((mock.script().features().len(), mock.script().downloads().len()), (0, 0));
    }

    #[tokio::test]
    async fn a_call_that_is_not_waited_for_gives_its_result_later() {
        let (mock, client, key) = pair().await;
        mock.script().processing(0);
        mock.script().push_result(Reply::json(500, "{}"));
        let uuid = "11111111-1111-4111-8111-000000000001";
        assert!(client.result(&key, uuid).await.is_err(), "scripted");
        assert_eq!(client.result(&key, uuid).await, Ok(None));
        let answer = client.feature(&key, &FeatureRequest { is_async: true, ..pictures(1) }).await.unwrap();
        assert_eq!(client.result(&key, uuid).await, Ok(Some(answer)));
    }

    #[tokio::test]
    async fn features_and_files_are_scripted_apart_from_chats() {
        let (mock, client, key) = pair().await;
        let script = mock.script();
        script.push_feature(Turn::Answer(Answer::text("a transcript")));
        script.push_feature(Turn::Reply(Reply::json(503, "{}")));
        script.always_feature(Turn::Act(Act { metadata: json!({"credit": 7}), ..Act::default() }));
        assert_eq!(client.feature(&key, &pictures(1)).await.unwrap().results, ["a transcript"]);
        assert!(client.feature(&key, &pictures(1)).await.unwrap_err().is_retryable());
        let answer = client.feature(&key, &pictures(1)).await.unwrap();
        assert_eq!(answer.metadata.credits, Some(7.0));
        script.push_download(Reply::json(404, ""));
        assert!(whole(client.download(&answer, 0).await.unwrap()).await.starts_with(b"\x89PNG"));
        script.file_bytes(Some(3 << 20));
        let large = client.download(&answer, 0).await.unwrap();
        assert_eq!(large.size_bytes, Some(3 << 20));
        assert_eq!(whole(large).await.len(), 3 << 20);
        script.wait_for_features(|counts| counts.finished == 3).await;
    }

    #[tokio::test]
    async fn an_upload_is_private_and_remembered_by_its_hash() {
        let (mock, client, key) = pair().await;
        let content = Content::Bytes(bytes::Bytes::from_static(b"abc"));
        let upload = Upload { content, file_name: "a.png".into(), media_type: "image/png".into() };
        let asset = client.upload(&key, upload).await.unwrap();
        let uploaded = &mock.script().uploads()[0];
        assert_eq!((uploaded.size_bytes, &uploaded.path), (3, &asset.path));
        assert!(uploaded.sha256.starts_with("ba7816bf8f01cfea"), "{}", uploaded.sha256);
        assert_eq!(crate::file::reply(&asset.path).status, 403);
    }
}
