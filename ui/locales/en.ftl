# Texts of 1min Relay: the window's, and with the prefix tray- the tray's.
# Short and active; sentences end with a full stop; buttons are verbs.

## Pages

pages = Pages
page-home = Home
page-models = Models
page-settings = Settings

## Words for everywhere

copy = Copy
copied = Copied
close = Close
done = Done
undo = Undo
loading = Loading.
messages = Messages
try-again = Try again
turn-on = Turn on
window-failed = The window can't be shown.

## The relay

relay = Relay
relay-stopped = Stopped
    .help = Apps get no answer until you start it.
relay-starting = Starting
    .help = It takes a moment.
relay-running = Running
    .help = Apps on this machine can use your 1min.ai account.
    .demo = Apps get canned answers, which cost nothing.
relay-stopping = Stopping
    .help = Requests under way may finish.
base-url = Base URL for your apps
copy-base-url = Copy the base URL

## The demo

demo-banner = Demo: the answers are canned and cost nothing.
add-my-key = Add my key
leave-demo = Leave the demo
try-demo = Try the demo

## Home

key-line = Key ending in { $lastFour } { $place }
key-line-none = No 1min.ai key yet
key-line-demo = The demo needs no key
key-in-keyring = in the system keyring
key-in-session = for this session only
key-in-environment = from the environment
key-check-taken = Accepted by 1min.ai
key-check-refused = Refused by 1min.ai
key-check-not_checked = Not checked yet
add-key = Add key
manage-key = Manage
models-line-all = All { $total } models are allowed
models-line-chosen = { $allowed } of { $total } models are allowed
choose-models = Choose models

set-up = Set up
set-up-guide = Open the guide
set-up-hide = Hide the list
set-up-key = Add your 1min.ai key
set-up-models = Choose the models that apps may use
set-up-login = Start 1min Relay at login

## Models

refresh = Refresh
stop-waiting = Stop waiting
models-live = List of { $date }
models-recorded = List of { $date }, not refreshed yet
models-refreshed = The list of models is up to date.
models-failed = The models can't be listed.
models-problem = The list could not be refreshed: { $reason }
models-mode = Which models may be asked
models-mode-all = All models
    .help = Apps may ask for every model, new ones too.
models-mode-chosen = Only the ones I choose
models-locked = { $variable } chooses the models; it can't be changed here.
models-none-allowed = No model is chosen, so every request is refused. Turn some on.
models-suggested = { $count ->
        [one] { $count } common model is chosen to begin with.
       *[other] { $count } common models are chosen to begin with.
    }
models-search = Search models
models-maker = Maker
models-any-maker = Any maker
models-only-allowed = Allowed only
models-count = { $count ->
        [one] { $count } model
       *[other] { $count } models
    }
models-none = 1min.ai lists no models.
models-none-found = No model matches.
models-show-all = Show all models
models-selected = { $count } selected
models-select = Select { $name }
models-select-all = Select all
models-select-none = Select none
models-allow = Allow
models-forbid = Forbid
models-allow-one = Allow { $name }
models-allowed = { $count ->
        [one] { $count } model allowed.
       *[other] { $count } models allowed.
    }
models-forbidden = { $count ->
        [one] { $count } model forbidden.
       *[other] { $count } models forbidden.
    }
models-favourite = Favourite: { $name }
models-copy-id = Copy { $id }
models-new = New
models-retired = Retired
models-use-successor = Use { $successor }
models-replaced = { $successor } is allowed instead of { $id }.
ability-chat = Chat
ability-sees_images = Sees images
ability-image = Makes images
ability-speech = Speech
ability-transcription = Transcription
column-allowed = Allowed
column-favourite = Favourite
column-model = Model
column-kinds = In and out
column-context = Context
column-credits = Credits in / out
    .help = For 1,000 tokens of the prompt and of the answer
kind-text = text
kind-image = images
kind-audio = sound
kind-video = video
kinds = From { $input } to { $output }

## Settings

sections = Sections
section-general = General
section-key = Key
section-server = Server and network
section-tokens = Access tokens
section-limits = Limits and budgets
section-sharing = memcached and store
section-proxy = Proxy
section-appearance = Look and language
section-advanced = Advanced
section-about = About
group-application = Application
group-models = Models
group-answers = Answers
group-log = Log
group-address = Address
group-access = Who may use it
group-upstream = Way to 1min.ai
group-patience = Waiting times
group-size = Size of requests
group-kept = What is kept
group-tokens = Rules
group-requests = Requests
group-budgets = Budgets
group-memcached = memcached
group-proxy = Proxy
group-figures = Usage and figures
saved = Saved
setting-locked = Set by { $variable } in the environment.
setting-reset = Back to the default: { $name }
setting-is-reset = { $name } is back to its default.
unit-seconds = s
unit-minutes = min
unit-days = days
unit-mib = MiB
unit-percent = %
choice-refuse = Refuse
choice-ask = Ask 1min.ai
choice-separate = Tell apart
choice-inline = Leave in the answer
choice-hidden = Leave out
choice-off = Nothing
choice-memory = In memory, for an hour
choice-disk = On disk, for a day
choice-nobody = Nobody
choice-loopback = Programs of this machine
choice-network = Whoever reaches the relay
choice-error = Errors
choice-warn = Warnings
choice-info = Information
choice-debug = Details
choice-trace = Everything
starts-at-login = Start at login
    .help = The relay is there when you sign in; no window opens.
demo = Demo
    .help = Canned answers: no key, no credits, no network.
setting-host = Address to listen on
    .help = localhost is this machine alone.
    .allowed = It must be localhost or an IP address.
setting-port = Port
    .help = Apps must be pointed at the new base URL after a change.
    .allowed = It must be a port from 1 to 65535, or 0 for a free one.
setting-public_url = Public address
    .help = What addresses of pictures and sounds begin with. Leave it empty for the one an app used.
    .allowed = It must begin with https:// or http://.
setting-require_token = Ask apps for an access token
    .help = Without one of the relay's tokens an app can't use the stored key. Where other machines reach the relay, apps always need one.
    .allowed = It must be true or false.
setting-allowed_hosts = Further names of this machine
    .help = The relay answers only to its own names and these. Separate them by commas.
    .allowed = They must be host names separated by commas, without port.
setting-allowed_origins = Web pages that may use it
    .help = Such as https://chat.example.com. Separate them by commas.
    .allowed = They must be origins separated by commas, each such as https://chat.example.com.
setting-fetch_private = Private addresses to fetch pictures from
    .help = Ranges such as 192.168.1.0/24, separated by commas. All others must be public.
    .allowed = They must be ranges of IP addresses separated by commas.
setting-api_url = Address of 1min.ai
    .help = Change it only if 1min.ai is reached through another address.
    .allowed = It must begin with https:// or http://.
setting-asset_url = Address of its files
    .help = Leave it empty for the usual one.
    .allowed = It must begin with https:// or http://.
setting-proxy = Address of the proxy
    .help = Such as http://proxy.lan:3128. Leave it empty to use the system's.
    .allowed = It must begin with http://, https://, socks5:// or socks5h://.
setting-fetch_through_proxy = Fetch pictures through the proxy
    .help = Where this machine reaches nothing without it. The proxy then decides what a name stands for.
    .allowed = It must be true or false.
setting-connect_timeout = To connect
    .help = How long a connection to 1min.ai may take.
    .allowed = It must be a number of seconds from 1 to 86400.
setting-first_byte_timeout = To the first byte
    .help = How long an answer may take to begin.
    .allowed = It must be a number of seconds from 1 to 86400.
setting-idle_timeout = Between two pieces
    .help = How long an answer may pause.
    .allowed = It must be a number of seconds from 1 to 86400.
setting-total_timeout = To the end
    .help = How long an answer may take as a whole.
    .allowed = It must be a number of seconds from 1 to 86400.
setting-drain_seconds = When the relay stops
    .help = How long requests under way have to finish.
    .allowed = It must be a number of seconds from 0 to 86400.
setting-body_max_mb = Largest request
    .help = Images and files in it count too.
    .allowed = It must be a number of MiB from 1 to 1024.
setting-bodies_max_mb = All requests together
    .help = What they may take of the memory at one time.
    .allowed = It must be a number of MiB from 1 to 65536.
setting-file_max_mb = Largest document
    .help = In a message. Pictures may have 20 MiB.
    .allowed = It must be a number of MiB from 1 to 1024.
setting-catalog_refresh_minutes = Refresh the list of models
    .help = How often it is fetched; 0 is never.
    .allowed = It must be a number of minutes from 1 to 10080, or 0 for never.
setting-unknown_models = Models that are not listed
    .help = What happens when an app asks for one.
    .allowed = It must be refuse or ask.
setting-model_aliases = Further names of models
    .help = Such as fast=gpt-4o-mini. Separate them by commas.
    .allowed = They must be pairs separated by commas, each such as fast=gpt-4o-mini.
setting-model_successors = Successors of models
    .help = Which model answers for one that is gone, such as gpt-4-turbo=gpt-4.1.
    .allowed = They must be pairs separated by commas, each such as gpt-4-turbo=gpt-4.1.
setting-youtube_once = Fetch YouTube links only once
    .help = 1min.ai would fetch and bill the links of earlier turns again.
    .allowed = It must be true or false.
setting-thinking = What models think aloud
    .help = Some models write their thinking between think tags before the answer.
    .allowed = It must be separate, inline or hidden.
setting-answer_retry = Ask once more when an answer lacks what was demanded
    .help = A tool call or JSON that an app insists on. The second answer is billed as well.
    .allowed = It must be true or false.
setting-keep_responses = Keep responses
    .help = Apps that use the Responses API can go on from a kept answer. It is kept with the conversation before it.
    .allowed = It must be off, memory or disk.
setting-speech_model = Model that speaks
    .help = It speaks where an app names no model.
    .allowed = It must be the name of a model.
setting-transcription_model = Model that hears
    .help = It writes down what is said where an app names no model.
    .allowed = It must be the name of a model.
setting-store_url = Where files and results are
    .help = Leave it empty for the data folder. Counts from the next start.
    .allowed = It must be a folder, or s3://bucket/prefix in a build that has S3.
setting-results_days = Keep made pictures and sounds
    .help = Their addresses work so long.
    .allowed = It must be a number of days from 1 to 3650.
setting-results_max_mb = All of them together
    .help = The oldest go first.
    .allowed = It must be a number of MiB from 1 to 1048576.
setting-files_max_mb = All uploaded files together
    .help = They stay until apps delete them; beyond this no more are taken.
    .allowed = It must be a number of MiB from 1 to 1048576.
setting-image_model = Model that draws
    .help = Where an app asks for a picture and names no model.
    .allowed = It must be the name of a model.
setting-requests_per_minute = Requests a minute
    .help = For one 1min.ai key. 180 is 1min.ai's own limit; 0 is no limit.
    .allowed = It must be a number from 0 to 1000000000; 0 is no limit.
setting-caller_requests_per_minute = Requests a minute for each app
    .help = 0 is no limit. A token may have a limit of its own.
    .allowed = It must be a number from 0 to 1000000000; 0 is no limit.
setting-concurrent_requests = Requests at the same time
    .help = Further ones wait in line. 0 is no limit.
    .allowed = It must be a number from 0 to 1000000000; 0 is no limit.
setting-caller_concurrent_requests = Requests of each app at the same time
    .help = 0 is no limit. A token may have a limit of its own.
    .allowed = It must be a number from 0 to 1000000000; 0 is no limit.
setting-queue_length = Requests in line
    .help = How many may wait; more are refused.
    .allowed = It must be a number from 0 to 100000.
setting-queue_seconds = Time in line
    .help = How long each of them waits at most.
    .allowed = It must be a number of seconds from 1 to 86400.
setting-credits_per_day = Credits a day
    .help = What all apps together may spend. 0 is no limit.
    .allowed = It must be a number of credits from 0 to 1000000000000; 0 is no limit.
setting-credits_per_month = Credits a month
    .help = What all apps together may spend. 0 is no limit.
    .allowed = It must be a number of credits from 0 to 1000000000000; 0 is no limit.
setting-caller_credits_per_day = Credits a day for each app
    .help = 0 is no limit. A token may have a budget of its own.
    .allowed = It must be a number of credits from 0 to 1000000000000; 0 is no limit.
setting-caller_credits_per_month = Credits a month for each app
    .help = 0 is no limit. A token may have a budget of its own.
    .allowed = It must be a number of credits from 0 to 1000000000000; 0 is no limit.
setting-budget_warning_percent = Warn at
    .help = So much of a budget is spent by then. 0 is never.
    .allowed = It must be a number from 0 to 100.
setting-time_zone = Time zone
    .help = Where days and months begin, such as Europe/Berlin. Leave it empty for the system's.
    .allowed = It must be a time zone such as Europe/Berlin, or UTC.
setting-memcached_servers = memcached servers
    .help = Several relays share limits and budgets through them. Separate them by commas.
    .allowed = They must be names or addresses separated by commas, such as 10.0.0.5:11211.
setting-memcached_port = Their port
    .help = Of those that name none.
    .allowed = It must be a port from 1 to 65535.
setting-tokens_file = File of shared tokens
    .help = Several relays may read it; it is read again when it changes.
    .allowed = It must be the path of a file.
setting-usage_days = Keep each request in the usage
    .help = The totals of days stay. Prompts and answers are never kept.
    .allowed = It must be a number of days from 1 to 3650.
setting-metrics = Figures for monitoring
    .help = Who may read /metrics.
    .allowed = It must be off, loopback or network.
setting-log = What the log tells
    .help = Prompts and keys are never written.
    .allowed = It must be a level, or a filter such as info,relay=debug.

theme = Theme
    .help = Light, dark, or as the system is.
theme-system = System
theme-light = Light
theme-dark = Dark
language = Language
    .help = Of this window and the tray.
language-system = As the system

about-words = Not made by or affiliated with 1min.ai.
about-copy-version = Copy the version
about-data = Data folder
about-logs = Log files
about-open-data = Open the data folder
about-open-logs = Open the folder of the log files
about-tray = Tray
    .help = This desktop shows no tray icons. Start 1min Relay again to open its window.
about-tray-missing = Not available

## The key

key-stored = Stored key
key-add = Add your key
key-replace = Put another key in its place
key-ends = Key ending in { $lastFour }
key-short = A short key
key-kept-none = There is none.
key-kept-keyring = It is kept in the system's keyring.
key-kept-session = It is kept in memory, until 1min Relay quits.
key-kept-environment = The environment sets it.
key-from-environment = The key comes from the environment, so it can't be changed here.
key-field = 1min.ai key
key-placeholder = Paste your key
key-help = 1min.ai checks it, which costs nothing. It is never shown again, but for its last four characters.
key-keep = Check and keep
key-checking = Checking
key-kept = The key is kept.
key-where = Where to keep it
key-where-keyring = In the system's keyring
    .help = Encrypted by the system, and there after a restart.
key-where-session = In memory only
    .help = Forgotten when 1min Relay quits.
key-get = Get a key from 1min.ai
key-remove = Remove
key-remove-title = Remove the key?
key-remove-words = Apps can't use your account until there is a key again. It can't be brought back from here: you need to paste it once more.
cancel = Cancel

## Who may come in, and how much

reachable = From other machines
    .help = Apps there use one of these as their base URL.
reachable-copy = Copy { $address }
blocked = Turned away
blocked-origin = { $count ->
        [one] A web page; once, on { $moment }.
       *[other] A web page; { $count } times, last on { $moment }.
    }
blocked-host = { $count ->
        [one] A host name; once, on { $moment }.
       *[other] A host name; { $count } times, last on { $moment }.
    }
blocked-origin-warning = Once allowed, every page of that site can use the relay through your browser, and spend your credits unless a token is required. Allow only a site that you trust.
blocked-host-warning = Once allowed, whoever controls the DNS of that name can point web pages at the relay, and these can read what it keeps unless a token is required. Allow only a name that is yours.
blocked-allow = Allow
blocked-allow-one = Allow { $name }
blocked-allowed = { $name } is allowed.
budgets-spent = What is spent
budgets-none = No budget is set. Apps may spend all credits of the account.
budget-all-day = All apps, today
budget-all-month = All apps, this month
budget-tokenless-day = Apps without a token, today
budget-tokenless-month = Apps without a token, this month
budget-key-day = An app with a key of its own ({ $id }), today
budget-key-month = An app with a key of its own ({ $id }), this month
budget-token-day = Token { $name }, today
budget-token-month = Token { $name }, this month
budget-namesake-day = Token { $name } ({ $id }), today
budget-namesake-month = Token { $name } ({ $id }), this month
budget-figures = { $spent } of { $limit } credits.
budget-reserved = { $count ->
        [one] { $count } more is set aside for requests under way.
       *[other] { $count } more are set aside for requests under way.
    }
budget-until = Begins anew on { $moment }.
budget-is-spent = Spent
budget-is-nearly-spent = Nearly spent
memcached-there = Answers
memcached-away = Away
    .help = Meanwhile each relay counts by itself.
memcached-problem = What went wrong: { $problem }.

## Access tokens

tokens-none = There is no token yet. Give an app one of its own, and you say what it may ask and spend, and can take that back.
tokens-in-demo = Tokens made in the demo are gone when it ends.
token-all-models = All models
token-some-models = Only some
token-models = { $count ->
        [one] { $count } model
       *[other] { $count } models
    }
token-has-requests_per_minute = { $count ->
        [0] any number of requests
        [one] { $count } request a minute
       *[other] { $count } requests a minute
    }
token-has-concurrent_requests = { $count ->
        [0] any number at the same time
       *[other] { $count } at the same time
    }
token-has-credits_per_day = { $count ->
        [0] any number of credits a day
        [one] { $count } credit a day
       *[other] { $count } credits a day
    }
token-has-credits_per_month = { $count ->
        [0] any number of credits a month
        [one] { $count } credit a month
       *[other] { $count } credits a month
    }
token-made = made on { $day }
token-ends = ends on { $day }
token-ended = ended on { $day }
token-expired = Expired
token-shared = Shared file
token-revoke = Revoke
token-revoke-one = Revoke { $name }
token-revoke-title = Revoke { $name }?
token-revoke-words = Apps that use this token are refused at once. It can't be brought back: you need to make another.
token-revoke-last = It is the last token: until you make another, no app can use the stored key.
token-is-revoked = { $name } is revoked.
token-add = Add token
token-add-title = Add an access token
token-name = Name
    .placeholder = The app or the person, such as Cline
token-lifetime = Ends
token-lifetime-never = Never
token-lifetime-7 = In 7 days
token-lifetime-30 = In 30 days
token-lifetime-90 = In 90 days
token-lifetime-365 = In a year
token-may-ask = Models it may ask
token-limits = Limits of its own
    .help = Leave a field empty for what the settings say of each app; 0 is no limit.
token-limit-requests_per_minute = Requests a minute
token-limit-concurrent_requests = Requests at the same time
token-limit-credits_per_day = Credits a day
token-limit-credits_per_month = Credits a month
token-limit-invalid = It must be a number from 0 to 1000000000000, or nothing.
token-make = Make token
token-is-made = The token is made
token-once = Copy it now: it is not shown again.
token-copy = Copy the token
token-use = Give it to the app as its API key, with the base URL { $address }.
token-use-network = An app on another machine takes the base URL { $address } instead.

## The first start

start-title = Welcome to 1min Relay
start-step = Step { $step } of { $count }:
start-key = your key
    .help = 1min Relay answers your apps from your 1min.ai account. For that it needs your key.
start-models = models
    .help = Choose which models apps may use. You can change it at any time.
start-models-more = These are common ones; there are more on the page Models.
start-login = ready
start-ready = All is ready. Point your apps at
try-demo-instead = Try the demo instead
skip = Skip
next = Next
back = Back

## Problems, each with what mends it

problems = Needs attention
problem-port_taken = Port { $port } is used by another program.
problem-port_taken-by = Port { $port } is used by { $holder }.
problem-start_failed = The relay can't start. { $message }
problem-token_missing = At { $host } other machines could use the stored key. Add an access token first: then only apps that send one can.
problem-key_missing = There is no 1min.ai key, so apps have to send their own.
problem-key_refused = 1min.ai refuses the key: “{ $words }”
problem-keyring_unavailable = The system's keyring can't be used: { $reason }
problem-unreachable = 1min.ai can't be reached: { $words }
problem-catalog_old = The list of models is of { $date } and may be out of date.
problem-settings_set_aside = The settings file was damaged. Defaults are in use; a copy is at { $place }.
use-port = Use port { $port }
choose-port = Choose another port
open-server-settings = Server settings
open-key-settings = Key settings
open-proxy = Proxy settings
open-tokens = Add a token
open-folder = Open folder
replace-key = Replace key
check-again = Check again
refresh-list = Refresh the list

## Kinds of failures; before the shell's own words in languages other than English

error-invalid_value = This value is not allowed.
error-invalid_key = This is not a key.
error-key_refused = 1min.ai refuses the key.
error-keyring_unavailable = The system's keyring can't be used.
error-cannot_listen = The relay can't listen there.
error-locked = The environment sets this.
error-failed = That did not work.

## The tray

tray-tooltip = 1min Relay: { $state }
    .address = { $address }
    .credits = Credits today: { $credits }
tray-stopped = Stopped
tray-starting = Starting…
tray-running = Running at { $address }
tray-stopping = Stopping…
tray-demo = Running the demo at { $address }
tray-attention = Needs attention
tray-relay-on = Relay on
tray-copy-base-url = Copy base URL
tray-favourites = Copy a favourite model
tray-no-favourites = No favourites yet
tray-credits-today = Credits today: { $credits }
tray-open = Open window
tray-start-at-login = Start at login
tray-quit = Quit
