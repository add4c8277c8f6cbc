//! Several relays that serve as one: what they share.

use std::path::Path;

use mock_onemin::{Answer, Mock, Turn};
use relay::settings::{Settings, StoreUrl};
use relay_tests::{Answered, NOW, Pair, ask};
use reqwest::{
    Method,
    multipart::{Form, Part},
};

/// Uploads a file as whoever has this key.
async fn upload(pair: &Pair, key: &str) -> Answered {
    let form =
        Form::new().text("purpose", "user_data").part("file", Part::bytes(b"a,b\n1,2\n".as_slice()).file_name("a.csv"));
    let request = pair.http.post(pair.url("/v1/files")).bearer_auth(key).multipart(form);
    Answered::read(request.send().await.unwrap()).await
}

async fn call(pair: &Pair, method: Method, path: &str, key: &str) -> Answered {
    Answered::read(pair.http.request(method, pair.url(path)).bearer_auth(key).send().await.unwrap()).await
}

/// A relay of those that share this folder, with a data folder of its own and no stored key.
async fn sharing(folder: &Path, name: &str) -> Pair {
    let share = |settings: &mut Settings| settings.store_url = StoreUrl::Folder(folder.join("shared"));
    Pair::start_in(Some(&folder.join(name)), NOW, Mock::start(0).await.unwrap(), share, None).await
}

#[tokio::test]
async fn a_key_has_the_same_things_at_all_relays_that_share_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (sharing(folder.path(), "one").await, sharing(folder.path(), "other").await);
    let file = upload(&one, "a-key-of-somebody").await.json();
    let path = format!("/v1/files/{}", file["id"].as_str().unwrap());
    for pair in [&one, &other] {
        let found = call(pair, Method::GET, &path, "a-key-of-somebody").await;
        assert_eq!((found.status.as_u16(), found.json()), (200, file.clone()));
        let foreign = call(pair, Method::GET, &path, "another-key-of-somebody").await;
        assert_eq!(
            (foreign.status.as_u16(), foreign.error("code")),
            (404, "file_not_found".into()),
            "{}",
            foreign.body
        );
    }
    // Who comes later, and who starts anew without its folder, agrees with them.
    let late = sharing(folder.path(), "late").await;
    assert_eq!(call(&late, Method::GET, &path, "a-key-of-somebody").await.status, 200);
}

#[tokio::test]
async fn nobody_owns_anything_before_the_relays_have_agreed_who_it_is() {
    let folder = tempfile::tempdir().unwrap();
    // Where the folder should be is a file: nothing can be read or kept there.
    std::fs::write(folder.path().join("shared"), "no folder").unwrap();
    let pair = sharing(folder.path(), "one").await;
    pair.script().always(Turn::Answer(Answer::default()));
    let asked = async || {
        let request = pair.http.post(pair.url("/v1/chat/completions")).bearer_auth("a-key-of-somebody");
        Answered::read(request.body(ask("x").to_string()).send().await.unwrap()).await
    };
    let refused = asked().await;
    assert_eq!(refused.status, 500, "{}", refused.body);
    assert!(refused.error("message").contains("What tells owners apart"), "{}", refused.body);
    assert_eq!(pair.script().counts().total(), 0, "nothing was sent");
    std::fs::remove_file(folder.path().join("shared")).unwrap();
    assert_eq!(asked().await.status, 200, "as soon as the folder is there");
}
