//! The hosted tool `image_generation`: the relay draws what a model calls it for, and what is drawn is an item of the answer.
//! Where the tool is forced, or the model itself is one that draws, the last words of the conversation are drawn at once.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_STANDARD};
use futures_util::{Stream, TryStreamExt, stream};
use serde_json::{Value, json};

use super::{item::text, response::DrawnFacts};
use crate::{
    catalog::Feature,
    conversation::{
        CallInput, Event, Finish, Media, PictureRequest, PictureTask, Request, Tool, ToolCall, ToolInput, Tools,
        drawing,
    },
    dialect::openai::images,
    engine::{self, Events, detached::MadeFile, results},
    error::{Error, Fault},
    guard::Call,
    shared::Shared,
    store,
};

/// Its type, and the name by which a model calls it.
pub(super) const NAME: &str = "image_generation";

/// What came of an answer.
#[derive(Debug)]
pub(super) enum Step {
    /// Anything but a picture of the tool.
    Event(Event),
    /// A picture of the tool.
    Drawn(Drawn),
}

/// A picture that was drawn.
#[derive(Debug)]
pub(super) struct Drawn {
    pub(super) base64: String,
    pub(super) facts: DrawnFacts,
}

/// The tool as a request offers it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Drawing {
    /// What every picture is asked for with; the prompt is open.
    wish: PictureRequest,
    /// Whether it must be used.
    pub(super) is_forced: bool,
}

impl Drawing {
    /// Reads the tool, if there is one that may be used.
    pub(super) fn offered(tools: &[Value], choice: Option<&Value>) -> Result<Option<Self>, Error> {
        let Some(tool) = tools.iter().find(|tool| text(tool, "type") == Some(NAME)) else {
            return Ok::<_, Error>(None);
        };
        let kind = choice.and_then(|choice| choice.as_str().or_else(|| text(choice, "type")));
        let may_be_used = match kind {
            Some("none" | "function" | "custom") => false,
            Some("allowed_tools") => {
                let allowed = choice.and_then(|choice| choice["tools"].as_array()).into_iter().flatten();
                allowed.into_iter().any(|tool| text(tool, "type") == Some(NAME))
            }
            _ => true,
        };
        if !may_be_used {
            return Ok(None);
        }
        let wish = images::wished(tool.as_object().cloned().unwrap_or_default())?;
        Ok(Some(Self { wish, is_forced: kind == Some(NAME) }))
    }

    /// Offers the tool to a model, unless the client has one of its name.
    pub(super) fn offer(tools: &mut Tools) -> bool {
        let is_free = tools.find(NAME).is_none();
        if is_free {
            let prompt = json!({"type": "string", "description": "What to draw, in detail."});
            let schema = json!({"type": "object", "properties": {"prompt": prompt}, "required": ["prompt"]});
            tools.list.push(Tool {
                name: NAME.to_owned(),
                description: Some(
                    "Draws a picture and shows it to the user. Call it when a picture is wanted.".to_owned(),
                ),
                input: ToolInput::Json(schema),
            });
        }
        is_free
    }

    /// Draws the last words of a conversation, without asking a model. `model` draws, if the tool names none.
    pub(super) fn at_once(
        self,
        shared: Arc<Shared>,
        call: Call,
        request: &Request,
        model: &str,
    ) -> Result<impl Stream<Item = Result<Step, Error>> + Send + use<>, Error> {
        let asked = drawing::read(request).map_err(engine::not_drawn)?;
        if self.wish.mask.is_some() && asked.images.is_empty() {
            let message = "A mask says what of a picture may be changed, and the last message holds no picture.";
            return Err(Error::field("tools[].input_image_mask", Fault::Invalid, message));
        }
        let asked = PictureRequest { prompt: asked.prompt, images: asked.images, task: asked.task, ..self.wish };
        let asked = if asked.model.is_empty() { PictureRequest { model: model.to_owned(), ..asked } } else { asked };
        let drawn = async move {
            let steps = draw(&shared, &call, asked).await?;
            let accepted = Step::Event(Event::Accepted { successor: None });
            let done = Step::Event(Event::Done(Finish::Stop));
            Ok::<_, Error>(stream::iter([accepted].into_iter().chain(steps).chain([done]).map(Ok)))
        };
        Ok(stream::once(drawn).try_flatten())
    }

    /// Draws where a model calls the tool: changes `images`, if there are any and the model that draws can. An answer of nothing
    /// but such calls has ended by itself.
    pub(super) fn between(
        self,
        shared: Arc<Shared>,
        call: Call,
        images: Vec<Media>,
        events: Events,
    ) -> impl Stream<Item = Result<Step, Error>> + Send + use<> {
        let model = call.snapshot.settings.image_model.clone();
        let wish = if self.wish.model.is_empty() { PictureRequest { model, ..self.wish } } else { self.wish };
        let draws = call.models().find(&wish.model).cloned();
        let can_change =
            draws.is_some_and(|draws| draws.can(Feature::ImageEditor) || draws.can(Feature::ImageInpainter));
        let wish = if images.is_empty() || !can_change {
            PictureRequest { mask: None, ..wish }
        } else {
            PictureRequest { task: PictureTask::Edit, images, ..wish }
        };
        let state = (events, wish, false);
        stream::try_unfold(state, move |(mut events, wish, has_others)| {
            let (shared, call) = (Arc::clone(&shared), call.clone());
            async move {
                let Some(event) = events.try_next().await? else { return Ok::<_, Error>(None) };
                let (steps, has_others) = match event {
                    Event::ToolCall(ToolCall { name, input, .. }) if name == NAME => {
                        let asked = PictureRequest { prompt: prompt_of(&input), ..wish.clone() };
                        // The model's own words are billed by now.
                        let drawn = draw(&shared, &call, asked).await;
                        (drawn.map_err(|cause| Error::PartlyMade { made: 0, cause: Box::new(cause) })?, has_others)
                    }
                    Event::ToolCall(other) => (vec![Step::Event(Event::ToolCall(other))], true),
                    Event::Done(Finish::ToolCalls) if !has_others => {
                        (vec![Step::Event(Event::Done(Finish::Stop))], false)
                    }
                    other => (vec![Step::Event(other)], has_others),
                };
                Ok(Some((stream::iter(steps.into_iter().map(Ok)), (events, wish, has_others))))
            }
        })
        .try_flatten()
    }
}

/// Draws, and gives the pictures and what they cost.
async fn draw(shared: &Arc<Shared>, call: &Call, asked: PictureRequest) -> Result<Vec<Step>, Error> {
    let prompt = asked.prompt.clone();
    let made = engine::draw(shared, call, asked).await?;
    let mut steps = Vec::with_capacity(made.files.len() + 1);
    for file in &made.files {
        let facts = DrawnFacts {
            revised_prompt: prompt.clone(),
            output_format: images::output_format(&file.media_type),
            url: results::url(call, file),
        };
        steps.push(Step::Drawn(Drawn { base64: base64(shared, file).await?, facts }));
    }
    steps.extend(made.usage.map(|usage| Step::Event(Event::Usage(usage))));
    Ok(steps)
}

/// A picture as base64; the answer holds it, and repeats it at its end.
async fn base64(shared: &Shared, file: &MadeFile) -> Result<String, Error> {
    let (_, opened) = results::open(shared, &file.name).await?;
    let pieces: Vec<bytes::Bytes> =
        opened.stream.try_collect().await.map_err(|failure| store::failure("The picture", images::PAID, &failure))?;
    Ok(BASE64_STANDARD.encode(pieces.concat()))
}

/// What a model wants drawn.
fn prompt_of(input: &CallInput) -> String {
    let (CallInput::Json(input) | CallInput::Text(input)) = input;
    let arguments: Option<Value> = serde_json::from_str(input).ok();
    arguments.as_ref().and_then(|arguments| text(arguments, "prompt")).unwrap_or(input).to_owned()
}
