# Тексты 1min Relay: окна и, с приставкой tray-, значка в панели.
# Коротко и по делу; предложения кончаются точкой; кнопки — глаголы.

## Pages

pages = Страницы
page-home = Главная
page-models = Модели
page-settings = Настройки

## Words for everywhere

copy = Скопировать
copied = Скопировано
close = Закрыть
done = Готово
undo = Отменить
loading = Загрузка.
messages = Сообщения
try-again = Повторить
turn-on = Включить
window-failed = Не удалось показать окно.

## The relay

relay = Реле
relay-stopped = Остановлено
    .help = Приложения не получат ответа, пока вы его не запустите.
relay-starting = Запускается
    .help = Это займёт мгновение.
relay-running = Работает
    .help = Приложения на этом компьютере могут пользоваться вашим аккаунтом 1min.ai.
    .demo = Приложения получают заготовленные ответы, они ничего не стоят.
relay-stopping = Останавливается
    .help = Начатые запросы успеют завершиться.
base-url = Базовый адрес для ваших приложений
copy-base-url = Скопировать базовый адрес

## The demo

demo-banner = Демо: ответы заготовлены заранее и ничего не стоят.
add-my-key = Добавить свой ключ
leave-demo = Выйти из демо
try-demo = Попробовать демо

## Home

key-line = Ключ, оканчивающийся на { $lastFour }, { $place }
key-line-none = Ключа 1min.ai ещё нет
key-line-demo = Для демо ключ не нужен
key-in-keyring = в системной связке ключей
key-in-session = только до выхода
key-in-environment = из переменной среды
key-check-taken = Принят 1min.ai
key-check-refused = Отклонён 1min.ai
key-check-not_checked = Ещё не проверен
add-key = Добавить ключ
manage-key = Управлять
models-line-all = { $total ->
        [one] Разрешена { $total } модель — все
        [few] Разрешены все { $total } модели
       *[other] Разрешены все { $total } моделей
    }
models-line-chosen = Разрешено моделей: { $allowed } из { $total }
choose-models = Выбрать модели

set-up = Настройка
set-up-guide = Открыть помощник
set-up-hide = Скрыть список
set-up-key = Добавить ключ 1min.ai
set-up-models = Выбрать модели для приложений
set-up-login = Запускать 1min Relay при входе в систему

## Problems, each with what mends it

problems = Требует внимания
problem-port_taken = Порт { $port } занят другой программой.
problem-port_taken-by = Порт { $port } занят: { $holder }.
problem-start_failed = Реле не запускается. { $message }
problem-key_missing = Ключа 1min.ai нет, поэтому приложениям нужно присылать свой.
problem-key_refused = 1min.ai отклоняет ключ: «{ $words }»
problem-keyring_unavailable = Системная связка ключей недоступна: { $reason }
problem-unreachable = Нет связи с 1min.ai: { $words }
problem-catalog_old = Список моделей от { $date } мог устареть.
problem-settings_set_aside = Файл настроек повреждён. Действуют значения по умолчанию; копия лежит в { $place }.
use-port = Занять порт { $port }
choose-port = Выбрать другой порт
open-server-settings = Настройки сервера
open-key-settings = Настройки ключа
open-proxy = Настройки прокси
open-folder = Открыть папку
replace-key = Заменить ключ
check-again = Проверить снова
refresh-list = Обновить список

## Kinds of failures; before the shell's own words in languages other than English

error-invalid_value = Такое значение недопустимо.
error-invalid_key = Это не похоже на ключ.
error-key_refused = 1min.ai отклоняет ключ.
error-keyring_unavailable = Системная связка ключей недоступна.
error-cannot_listen = Реле не может принимать запросы по этому адресу.
error-locked = Значение задано переменной среды.
error-failed = Не получилось.

## The tray

tray-tooltip = 1min Relay: { $state }
    .address = { $address }
    .credits = Кредитов сегодня: { $credits }
tray-stopped = Остановлено
tray-starting = Запускается…
tray-running = Работает: { $address }
tray-stopping = Останавливается…
tray-demo = Демо: { $address }
tray-attention = Требует внимания
tray-relay-on = Реле включено
tray-copy-base-url = Скопировать базовый адрес
tray-favourites = Скопировать избранную модель
tray-no-favourites = Избранных пока нет
tray-credits-today = Кредитов сегодня: { $credits }
tray-open = Открыть окно
tray-start-at-login = Запускать при входе
tray-quit = Выйти
