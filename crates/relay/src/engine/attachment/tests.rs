use super::*;

fn media(param: &str) -> Media {
    Media { param: param.into(), source: MediaSource::Bytes(Bytes::new()), name: None }
}

#[test]
fn everything_to_attach_is_found_in_order_and_nothing_else() {
    use crate::conversation::{Role, Turn};
    let turn = |parts| Turn { role: Role::User, name: None, parts };
    let turns = vec![
        turn(vec![Part::Text("a".into()), Part::Image(media("one")), Part::File(media("two"))]),
        turn(vec![Part::Image(media("three")), Part::Text("b".into())]),
    ];
    let attaching = Attaching::of(&Request { turns, ..Request::default() });
    let parts = attaching.parts();
    let params: Vec<&str> = parts.iter().filter_map(Item::of).map(|item| item.media.param.as_str()).collect();
    assert_eq!(params, ["one", "two", "three"]);
}

#[test]
fn only_what_is_about_the_file_names_it() {
    let media = media("messages[0].content[1].image_url");
    let item = Item { media: &media, is_image: true };
    let refused = |reason| {
        let refusal = Refusal { reason, code: None, message: "their words".into(), field: None };
        item.not_taken(onemin::Error::Refused(refusal))
    };
    assert!(matches!(refused(Reason::Request), Error::Upload { .. }));
    assert!(matches!(refused(Reason::Key), Error::Upstream(_)));
    assert!(matches!(refused(Reason::Credits), Error::Upstream(_)));
    let unreachable = onemin::Error::Connect { cause: "refused".into() };
    assert!(matches!(item.not_taken(unreachable), Error::Upstream(_)));
    let failed = onemin::Error::Failed { status: 500, message: "their words".into() };
    assert!(matches!(item.not_taken(failed), Error::Upload { .. }));
}
