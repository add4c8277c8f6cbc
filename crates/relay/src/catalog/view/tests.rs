use onemin::ModelList;

use super::*;

fn pairs(pairs: &[(&str, &str)]) -> std::collections::BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn chosen(ids: &[&str]) -> ModelRules {
    let chosen = ids.iter().map(|id| (*id).to_owned()).collect();
    ModelRules { only_chosen: true, chosen, ..ModelRules::default() }
}

fn live_without(gone: &str) -> Catalog {
    let mut list = ModelList::recorded();
    list.models.retain(|model| model.id != gone);
    Catalog::new(list, Source::Live)
}

#[test]
fn a_name_is_read_as_a_model_an_alias_or_something_unlisted() {
    let catalog = Catalog::built_in();
    let rules =
        ModelRules { aliases: pairs(&[("fast", "gpt-4o-mini"), ("gpt-4o", "grok-3")]), ..ModelRules::default() };
    let read = |name: &str| View::new(&catalog, &rules).read(name);
    assert_eq!(read("gpt-4.1"), Named::Model("gpt-4.1".into()));
    assert_eq!(read("fast"), Named::Model("gpt-4o-mini".into()));
    assert_eq!(read("gpt-4o"), Named::Model("grok-3".into()), "the user's alias goes over a model of that name");
    assert_eq!(read("mistral-nemo"), Named::Model("open-mistral-nemo".into()));
    assert_eq!(read("gpt-9"), Named::Unlisted("gpt-9".into()));
}

#[test]
fn only_chosen_models_are_listed_and_read_once_that_is_wanted() {
    let catalog = Catalog::built_in();
    let rules = ModelRules { aliases: pairs(&[("mine", "grok-3")]), ..chosen(&["mistral-nemo", "gpt-9", "mine"]) };
    let view = View::new(&catalog, &rules);
    let names: Vec<&str> = view.listed().map(|listed| listed.name).collect();
    assert_eq!(names, ["grok-3", "open-mistral-nemo", "mine"]);
    assert_eq!(view.read("mistral-nemo"), Named::Model("open-mistral-nemo".into()));
    assert_eq!(view.read("mine"), Named::Model("grok-3".into()));
    assert_eq!(view.read("gpt-9"), Named::Unlisted("gpt-9".into()), "chosen, though nobody lists it");
    assert_eq!(view.read("gpt-4o"), Named::NotAllowed);
    assert_eq!(view.read("gpt-8"), Named::NotAllowed);
    assert!(view.find("gpt-4o").is_none() && view.find("open-mistral-nemo").is_some());
}

#[test]
fn an_empty_choice_allows_nothing() {
    let catalog = Catalog::built_in();
    let rules = chosen(&[]);
    assert_eq!(View::new(&catalog, &rules).listed().count(), 0);
}

#[test]
fn a_successor_answers_only_for_a_model_that_a_fetched_list_has_not() {
    let gone = live_without("midjourney");
    let rules = ModelRules { successors: pairs(&[("gpt-9", "gpt-4o"), ("grok-3", "gpt-4o")]), ..ModelRules::default() };
    let view = View::new(&gone, &rules);
    assert_eq!(view.read("midjourney"), Named::Successor("magic-art".into()));
    assert_eq!(view.read("gpt-9"), Named::Successor("gpt-4o".into()));
    assert_eq!(view.read("grok-3"), Named::Model("grok-3".into()));
    let built_in = Catalog::built_in();
    assert_eq!(View::new(&built_in, &rules).read("gpt-9"), Named::Unlisted("gpt-9".into()));
}

#[test]
fn the_nearest_names_are_offered() {
    let catalog = Catalog::built_in();
    let rules = ModelRules::default();
    let nearest = |name: &str| View::new(&catalog, &rules).nearest(name);
    assert_eq!(nearest("gpt-4o-mni")[0], "gpt-4o-mini");
    assert_eq!(nearest("claude-sonet-4-6")[0], "claude-sonnet-4-6");
    assert_eq!(nearest("flux-1.1-prp")[0], "black-forest-labs/flux-1.1-pro");
    assert_eq!(nearest("zzz"), Vec::<String>::new());
    assert!(nearest("gpt").len() <= MOST_NEAREST);
}

#[test]
fn aliases_of_the_user_are_listed_and_dangling_ones_are_not() {
    let catalog = Catalog::built_in();
    let rules = ModelRules { aliases: pairs(&[("fast", "gpt-4o-mini"), ("lost", "gpt-9")]), ..ModelRules::default() };
    let view = View::new(&catalog, &rules);
    let aliases: Vec<(&str, &str)> = view
        .with(Feature::Chat)
        .filter(|listed| listed.name != listed.model.id)
        .map(|l| (l.name, l.model.id.as_str()))
        .collect();
    assert_eq!(aliases, [("fast", "gpt-4o-mini")]);
}

#[test]
fn a_callers_list_narrows_the_users_and_never_widens_it() {
    let catalog = Catalog::built_in();
    let rules = ModelRules {
        aliases: pairs(&[("mine", "grok-3")]),
        successors: pairs(&[("gpt-4o", "grok-3")]),
        ..chosen(&["gpt-4o", "mine", "mistral-nemo"])
    };
    let only: Vec<String> = ["mistral-nemo", "gpt-4o", "gpt-4.1"].map(Into::into).into();
    let view = View::new(&catalog, &rules).only(Some(&only));
    let names: Vec<&str> = view.listed().map(|listed| listed.name).collect();
    assert_eq!(names, ["gpt-4o", "open-mistral-nemo"]);
    assert_eq!(view.read("gpt-4.1"), Named::NotAllowed, "the user's rules hold for everybody");
    for not_theirs in ["mine", "grok-3"] {
        assert_eq!(view.read(not_theirs), Named::NotAllowed);
        assert!(view.find(not_theirs).is_none());
    }
    assert_eq!(view.stand_in("gpt-4o").as_deref(), Some("grok-3"), "who may ask a model is answered by its successor");
    let nothing = View::new(&catalog, &rules).only(Some(&[]));
    assert_eq!((nothing.listed().count(), nothing.read("gpt-4o")), (0, Named::NotAllowed));
}
