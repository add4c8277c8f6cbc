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

## Problems, each with what mends it

problems = Needs attention
problem-port_taken = Port { $port } is used by another program.
problem-port_taken-by = Port { $port } is used by { $holder }.
problem-start_failed = The relay can't start. { $message }
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
