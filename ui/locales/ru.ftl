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

## Models

refresh = Обновить
stop-waiting = Не ждать
models-live = Список от { $date }
models-recorded = Список от { $date }, ещё не обновлён
models-refreshed = Список моделей обновлён.
models-failed = Не удалось получить список моделей.
models-problem = Не удалось обновить список: { $reason }
models-mode = Какие модели доступны
models-mode-all = Все модели
    .help = Приложениям доступны все модели, включая новые.
models-mode-chosen = Только выбранные
models-locked = Модели выбирает { $variable }; здесь это изменить нельзя.
models-none-allowed = Ни одна модель не выбрана, поэтому все запросы отклоняются. Включите нужные.
models-suggested = { $count ->
        [one] Для начала выбрана { $count } популярная модель.
        [few] Для начала выбраны { $count } популярные модели.
       *[other] Для начала выбрано { $count } популярных моделей.
    }
models-search = Найти модель
models-maker = Создатель
models-any-maker = Любой создатель
models-only-allowed = Только разрешённые
models-count = { $count ->
        [one] { $count } модель
        [few] { $count } модели
       *[other] { $count } моделей
    }
models-none = У 1min.ai нет ни одной модели.
models-none-found = Ничего не найдено.
models-show-all = Показать все модели
models-selected = Выделено: { $count }
models-select = Выделить { $name }
models-select-all = Выделить все
models-select-none = Снять выделение
models-allow = Разрешить
models-forbid = Запретить
models-allow-one = Разрешить { $name }
models-allowed = { $count ->
        [one] Разрешена { $count } модель.
        [few] Разрешены { $count } модели.
       *[other] Разрешено { $count } моделей.
    }
models-forbidden = { $count ->
        [one] Запрещена { $count } модель.
        [few] Запрещены { $count } модели.
       *[other] Запрещено { $count } моделей.
    }
models-favourite = Избранное: { $name }
models-copy-id = Скопировать { $id }
models-new = Новая
models-retired = Убрана
models-use-successor = Взять { $successor }
models-replaced = Вместо { $id } разрешена { $successor }.
ability-chat = Чат
ability-sees_images = Видит картинки
ability-image = Рисует
ability-speech = Речь
ability-transcription = Расшифровка
column-allowed = Разрешена
column-favourite = Избранное
column-model = Модель
column-kinds = Вход и выход
column-context = Контекст
column-credits = Кредиты
    .help = За 1000 токенов запроса / ответа
kind-text = текст
kind-image = картинки
kind-audio = звук
kind-video = видео
kinds = На входе: { $input }; на выходе: { $output }

## Settings

sections = Разделы
section-general = Общие
section-key = Ключ
section-server = Сервер и сеть
section-tokens = Токены доступа
section-limits = Пределы и бюджеты
section-sharing = memcached и файлы
section-proxy = Прокси
section-appearance = Вид и язык
section-advanced = Дополнительно
section-about = О программе
group-application = Приложение
group-models = Модели
group-answers = Ответы
group-log = Журнал
group-address = Адрес
group-access = Кому можно пользоваться
group-upstream = Путь к 1min.ai
group-patience = Время ожидания
group-size = Размер запросов
group-kept = Что хранится
group-tokens = Правила
group-requests = Запросы
group-budgets = Бюджеты
group-memcached = memcached
group-proxy = Прокси
group-figures = Учёт и показатели
saved = Сохранено
setting-locked = Задано переменной среды { $variable }.
setting-reset = Вернуть значение по умолчанию: { $name }
setting-is-reset = «{ $name }»: возвращено значение по умолчанию.
unit-seconds = с
unit-minutes = мин
unit-days = дн.
unit-mib = МиБ
unit-percent = %
choice-refuse = Отклонять
choice-ask = Спрашивать 1min.ai
choice-separate = Отделять
choice-inline = Оставлять в ответе
choice-hidden = Убирать
choice-off = Ничего
choice-memory = В памяти, на час
choice-disk = На диске, на сутки
choice-nobody = Никто
choice-loopback = Программы этого компьютера
choice-network = Все, кому доступно реле
choice-error = Ошибки
choice-warn = Предупреждения
choice-info = Сведения
choice-debug = Подробности
choice-trace = Всё
starts-at-login = Запускать при входе в систему
    .help = Реле готово сразу после входа; окно не открывается.
demo = Демо
    .help = Заготовленные ответы: без ключа, кредитов и сети.
setting-host = Адрес для приёма запросов
    .help = localhost — только этот компьютер.
    .allowed = Нужен localhost или IP-адрес.
setting-port = Порт
    .help = После смены укажите приложениям новый базовый адрес.
    .allowed = Нужен порт от 1 до 65535 или 0 — любой свободный.
setting-public_url = Внешний адрес
    .help = С него начинаются адреса картинок и звуков. Оставьте пустым, чтобы взять тот, которым пользовалось приложение.
    .allowed = Адрес должен начинаться с https:// или http://.
setting-require_token = Требовать у приложений токен доступа
    .help = Без токена реле приложение не воспользуется сохранённым ключом. Если реле доступно другим компьютерам, токен нужен всегда.
    .allowed = Нужно true или false.
setting-allowed_hosts = Другие имена этого компьютера
    .help = Реле отвечает только на свои имена и на эти. Перечислите через запятую.
    .allowed = Нужны имена узлов через запятую, без порта.
setting-allowed_origins = Веб-страницы, которым можно
    .help = Например, https://chat.example.com. Перечислите через запятую.
    .allowed = Нужны источники через запятую, например https://chat.example.com.
setting-fetch_private = Частные адреса, откуда брать картинки
    .help = Диапазоны вроде 192.168.1.0/24 через запятую. Остальные адреса должны быть общедоступными.
    .allowed = Нужны диапазоны IP-адресов через запятую.
setting-api_url = Адрес 1min.ai
    .help = Меняйте, только если 1min.ai доступен по другому адресу.
    .allowed = Адрес должен начинаться с https:// или http://.
setting-asset_url = Адрес его файлов
    .help = Оставьте пустым, чтобы взять обычный.
    .allowed = Адрес должен начинаться с https:// или http://.
setting-proxy = Адрес прокси
    .help = Например, http://proxy.lan:3128. Оставьте пустым, чтобы взять системный.
    .allowed = Адрес должен начинаться с http://, https://, socks5:// или socks5h://.
setting-fetch_through_proxy = Брать картинки через прокси
    .help = Если без прокси этот компьютер никуда не попадает. Тогда прокси решает, куда ведёт имя.
    .allowed = Нужно true или false.
setting-connect_timeout = На соединение
    .help = Сколько ждать соединения с 1min.ai.
    .allowed = Нужно число секунд от 1 до 86400.
setting-first_byte_timeout = До первого байта
    .help = Сколько ждать начала ответа.
    .allowed = Нужно число секунд от 1 до 86400.
setting-idle_timeout = Между частями
    .help = Сколько может длиться пауза в ответе.
    .allowed = Нужно число секунд от 1 до 86400.
setting-total_timeout = До конца
    .help = Сколько может длиться весь ответ.
    .allowed = Нужно число секунд от 1 до 86400.
setting-drain_seconds = При остановке реле
    .help = Сколько времени есть у начатых запросов.
    .allowed = Нужно число секунд от 0 до 86400.
setting-body_max_mb = Самый большой запрос
    .help = Картинки и файлы в нём тоже считаются.
    .allowed = Нужно число МиБ от 1 до 1024.
setting-bodies_max_mb = Все запросы вместе
    .help = Сколько памяти они могут занять одновременно.
    .allowed = Нужно число МиБ от 1 до 65536.
setting-file_max_mb = Самый большой документ
    .help = В сообщении. Картинкам можно 20 МиБ.
    .allowed = Нужно число МиБ от 1 до 1024.
setting-catalog_refresh_minutes = Обновлять список моделей
    .help = Как часто его получать; 0 — никогда.
    .allowed = Нужно число минут от 1 до 10080 или 0 — никогда.
setting-unknown_models = Модели не из списка
    .help = Что делать, если приложение просит такую.
    .allowed = Нужно refuse или ask.
setting-model_aliases = Другие имена моделей
    .help = Например, fast=gpt-4o-mini. Перечислите через запятую.
    .allowed = Нужны пары через запятую, например fast=gpt-4o-mini.
setting-model_successors = Преемники моделей
    .help = Кто отвечает за убранную модель, например gpt-4-turbo=gpt-4.1.
    .allowed = Нужны пары через запятую, например gpt-4-turbo=gpt-4.1.
setting-youtube_once = Загружать ссылки YouTube один раз
    .help = Иначе 1min.ai заново загрузит ссылки из прежних реплик и возьмёт за это плату.
    .allowed = Нужно true или false.
setting-thinking = Размышления моделей
    .help = Некоторые модели пишут перед ответом размышления в тегах think.
    .allowed = Нужно separate, inline или hidden.
setting-answer_retry = Переспросить, если в ответе нет того, что требовалось
    .help = Вызов инструмента или JSON, на котором настаивает приложение. Второй ответ тоже оплачивается.
    .allowed = Нужно true или false.
setting-keep_responses = Хранить ответы
    .help = Приложения с Responses API могут продолжить разговор с сохранённого ответа. Он хранится вместе с разговором до него.
    .allowed = Нужно off, memory или disk.
setting-speech_model = Модель для речи
    .help = Озвучивает текст, если приложение не назвало модель.
    .allowed = Нужно имя модели.
setting-transcription_model = Модель для распознавания
    .help = Записывает речь текстом, если приложение не назвало модель.
    .allowed = Нужно имя модели.
setting-store_url = Где лежат файлы и результаты
    .help = Оставьте пустым, чтобы взять папку данных. Действует со следующего запуска.
    .allowed = Нужна папка или s3://bucket/prefix, если сборка умеет S3.
setting-results_days = Хранить созданные картинки и звук
    .help = Столько работают их адреса.
    .allowed = Нужно число дней от 1 до 3650.
setting-results_max_mb = Все они вместе
    .help = Самые старые удаляются первыми.
    .allowed = Нужно число МиБ от 1 до 1048576.
setting-files_max_mb = Все загруженные файлы вместе
    .help = Они остаются, пока приложения их не удалят; сверх этого новые не принимаются.
    .allowed = Нужно число МиБ от 1 до 1048576.
setting-image_model = Модель для картинок
    .help = Когда приложение просит картинку и не называет модель.
    .allowed = Нужно имя модели.
setting-requests_per_minute = Запросов в минуту
    .help = На один ключ 1min.ai. 180 — предел самого 1min.ai; 0 — без предела.
    .allowed = Нужно число от 0 до 1000000000; 0 — без предела.
setting-caller_requests_per_minute = Запросов в минуту от приложения
    .help = 0 — без предела. У токена может быть свой предел.
    .allowed = Нужно число от 0 до 1000000000; 0 — без предела.
setting-concurrent_requests = Запросов одновременно
    .help = Остальные ждут в очереди. 0 — без предела.
    .allowed = Нужно число от 0 до 1000000000; 0 — без предела.
setting-caller_concurrent_requests = Запросов одновременно от приложения
    .help = 0 — без предела. У токена может быть свой предел.
    .allowed = Нужно число от 0 до 1000000000; 0 — без предела.
setting-queue_length = Запросов в очереди
    .help = Сколько их может ждать; лишние отклоняются.
    .allowed = Нужно число от 0 до 100000.
setting-queue_seconds = Время в очереди
    .help = Сколько запрос ждёт самое большее.
    .allowed = Нужно число секунд от 1 до 86400.
setting-credits_per_day = Кредитов в день
    .help = Сколько могут потратить все приложения вместе. 0 — без предела.
    .allowed = Нужно число кредитов от 0 до 1000000000000; 0 — без предела.
setting-credits_per_month = Кредитов в месяц
    .help = Сколько могут потратить все приложения вместе. 0 — без предела.
    .allowed = Нужно число кредитов от 0 до 1000000000000; 0 — без предела.
setting-caller_credits_per_day = Кредитов в день на приложение
    .help = 0 — без предела. У токена может быть свой бюджет.
    .allowed = Нужно число кредитов от 0 до 1000000000000; 0 — без предела.
setting-caller_credits_per_month = Кредитов в месяц на приложение
    .help = 0 — без предела. У токена может быть свой бюджет.
    .allowed = Нужно число кредитов от 0 до 1000000000000; 0 — без предела.
setting-budget_warning_percent = Когда предупреждать
    .help = Когда потрачена такая часть бюджета. 0 — никогда.
    .allowed = Нужно число от 0 до 100.
setting-time_zone = Часовой пояс
    .help = Где начинаются дни и месяцы, например Europe/Berlin. Оставьте пустым, чтобы взять системный.
    .allowed = Нужен часовой пояс, например Europe/Berlin, или UTC.
setting-memcached_servers = Серверы memcached
    .help = Через них несколько реле делят пределы и бюджеты. Перечислите через запятую.
    .allowed = Нужны имена или адреса через запятую, например 10.0.0.5:11211.
setting-memcached_port = Их порт
    .help = Для серверов, у которых он не указан.
    .allowed = Нужен порт от 1 до 65535.
setting-tokens_file = Файл общих токенов
    .help = Его могут читать несколько реле; при изменении он читается заново.
    .allowed = Нужен путь к файлу.
setting-usage_days = Хранить запросы в учёте
    .help = Итоги по дням остаются. Тексты запросов и ответов не хранятся никогда.
    .allowed = Нужно число дней от 1 до 3650.
setting-metrics = Показатели для мониторинга
    .help = Кто может читать /metrics.
    .allowed = Нужно off, loopback или network.
setting-log = Что писать в журнал
    .help = Запросы и ключи не записываются никогда.
    .allowed = Нужен уровень или фильтр, например info,relay=debug.

theme = Тема
    .help = Светлая, тёмная или как в системе.
theme-system = Авто
theme-light = Светлая
theme-dark = Тёмная
language = Язык
    .help = Этого окна и значка в панели.
language-system = Как в системе

about-words = Не связано с 1min.ai и создано не ими.
about-copy-version = Скопировать версию
about-data = Папка данных
about-logs = Файлы журнала
about-open-data = Открыть папку данных
about-open-logs = Открыть папку журнала
about-tray = Значок в панели
    .help = Этот рабочий стол не показывает значков. Чтобы открыть окно, запустите 1min Relay ещё раз.
about-tray-missing = Недоступен

## The key

key-stored = Сохранённый ключ
key-add = Добавьте свой ключ
key-replace = Заменить другим ключом
key-ends = Ключ, оканчивающийся на { $lastFour }
key-short = Короткий ключ
key-kept-none = Ключа нет.
key-kept-keyring = Хранится в системной связке ключей.
key-kept-session = Хранится в памяти до выхода из 1min Relay.
key-kept-environment = Задан переменной среды.
key-from-environment = Ключ задан переменной среды, поэтому здесь его не изменить.
key-field = Ключ 1min.ai
key-placeholder = Вставьте ключ
key-help = 1min.ai проверит его бесплатно. Больше он не показывается, кроме последних четырёх знаков.
key-keep = Проверить и сохранить
key-checking = Проверяется
key-kept = Ключ сохранён.
key-where = Где его хранить
key-where-keyring = В системной связке ключей
    .help = Зашифрован системой и останется после перезапуска.
key-where-session = Только в памяти
    .help = Забудется при выходе из 1min Relay.
key-get = Получить ключ на 1min.ai
key-remove = Удалить
key-remove-title = Удалить ключ?
key-remove-words = Приложения не смогут пользоваться вашим аккаунтом, пока ключа нет. Вернуть его отсюда нельзя: понадобится вставить его снова.
cancel = Отмена

## Who may come in, and how much

reachable = С других компьютеров
    .help = Приложениям там укажите один из этих базовых адресов.
reachable-copy = Скопировать { $address }
blocked = Не впустили
blocked-origin = { $count ->
        [1] Веб-страница; один раз — { $moment }.
        [one] Веб-страница; { $count } раз, последний — { $moment }.
        [few] Веб-страница; { $count } раза, последний — { $moment }.
       *[other] Веб-страница; { $count } раз, последний — { $moment }.
    }
blocked-host = { $count ->
        [1] Имя узла; один раз — { $moment }.
        [one] Имя узла; { $count } раз, последний — { $moment }.
        [few] Имя узла; { $count } раза, последний — { $moment }.
       *[other] Имя узла; { $count } раз, последний — { $moment }.
    }
blocked-origin-warning = После разрешения любая страница этого сайта сможет обращаться к реле через ваш браузер и тратить ваши кредиты, если не требуется токен. Разрешайте только сайт, которому доверяете.
blocked-host-warning = После разрешения тот, кто управляет DNS этого имени, сможет направить на реле веб-страницы, и они смогут прочитать то, что реле хранит, если не требуется токен. Разрешайте только своё имя.
blocked-allow = Разрешить
blocked-allow-one = Разрешить { $name }
blocked-allowed = Разрешено: { $name }.
budgets-spent = Сколько потрачено
budgets-none = Бюджета нет. Приложения могут потратить все кредиты аккаунта.
budget-all-day = Все приложения, сегодня
budget-all-month = Все приложения, этот месяц
budget-tokenless-day = Приложения без токена, сегодня
budget-tokenless-month = Приложения без токена, этот месяц
budget-key-day = Приложение со своим ключом ({ $id }), сегодня
budget-key-month = Приложение со своим ключом ({ $id }), этот месяц
budget-token-day = Токен { $name }, сегодня
budget-token-month = Токен { $name }, этот месяц
budget-namesake-day = Токен { $name } ({ $id }), сегодня
budget-namesake-month = Токен { $name } ({ $id }), этот месяц
budget-figures = Кредитов: { $spent } из { $limit }.
budget-reserved = { $count ->
        [one] Ещё { $count } отложен для начатых запросов.
       *[other] Ещё { $count } отложено для начатых запросов.
    }
budget-until = Начнётся заново: { $moment }.
budget-is-spent = Потрачен
budget-is-nearly-spent = Почти потрачен
memcached-there = Отвечает
memcached-away = Недоступен
    .help = Пока каждое реле считает само.
memcached-problem = Что не так: { $problem }.

## Access tokens

tokens-none = Токенов пока нет. Дайте приложению свой токен: вы решаете, что по нему можно спрашивать и сколько тратить, и можете его отозвать.
tokens-in-demo = Токены, созданные в демо, исчезнут вместе с ним.
token-all-models = Все модели
token-some-models = Только некоторые
token-models = { $count ->
        [one] { $count } модель
        [few] { $count } модели
       *[other] { $count } моделей
    }
token-has-requests_per_minute = { $count ->
        [0] сколько угодно запросов
        [one] { $count } запрос в минуту
        [few] { $count } запроса в минуту
       *[other] { $count } запросов в минуту
    }
token-has-concurrent_requests = { $count ->
        [0] сколько угодно одновременно
       *[other] { $count } одновременно
    }
token-has-credits_per_day = { $count ->
        [0] сколько угодно кредитов в день
        [one] { $count } кредит в день
        [few] { $count } кредита в день
       *[other] { $count } кредитов в день
    }
token-has-credits_per_month = { $count ->
        [0] сколько угодно кредитов в месяц
        [one] { $count } кредит в месяц
        [few] { $count } кредита в месяц
       *[other] { $count } кредитов в месяц
    }
token-made = создан { $day }
token-ends = действует до { $day }
token-ended = действовал до { $day }
token-expired = Истёк
token-shared = Общий файл
token-revoke = Отозвать
token-revoke-one = Отозвать: { $name }
token-revoke-title = Отозвать «{ $name }»?
token-revoke-words = Приложения с этим токеном сразу начнут получать отказ. Вернуть его нельзя: понадобится создать другой.
token-revoke-last = Это последний токен: пока не создадите другой, сохранённый ключ не послужит ни одному приложению.
token-is-revoked = Отозван: { $name }.
token-add = Добавить токен
token-add-title = Новый токен доступа
token-name = Имя
    .placeholder = Приложение или человек, например Cline
token-lifetime = Действует
token-lifetime-never = Бессрочно
token-lifetime-7 = 7 дней
token-lifetime-30 = 30 дней
token-lifetime-90 = 90 дней
token-lifetime-365 = Год
token-may-ask = Модели, которые можно спрашивать
token-limits = Свои пределы
    .help = Пустое поле — как в настройках для каждого приложения; 0 — без предела.
token-limit-requests_per_minute = Запросов в минуту
token-limit-concurrent_requests = Запросов одновременно
token-limit-credits_per_day = Кредитов в день
token-limit-credits_per_month = Кредитов в месяц
token-limit-invalid = Нужно число от 0 до 1000000000000 или пустое поле.
token-make = Создать токен
token-is-made = Токен создан
token-once = Скопируйте его сейчас: больше он не показывается.
token-copy = Скопировать токен
token-use = Дайте его приложению как ключ API, с базовым адресом { $address }.
token-use-network = Приложению на другом компьютере — с базовым адресом { $address }.

## The first start

start-title = Добро пожаловать в 1min Relay
start-step = Шаг { $step } из { $count }:
start-key = ваш ключ
    .help = 1min Relay отвечает вашим приложениям от имени вашего аккаунта 1min.ai. Для этого нужен ключ.
start-models = модели
    .help = Выберите, какими моделями могут пользоваться приложения. Это можно изменить в любой момент.
start-models-more = Это самые популярные; остальные — на странице «Модели».
start-login = готово
start-ready = Всё готово. Укажите приложениям адрес
try-demo-instead = Попробовать демо
skip = Пропустить
next = Далее
back = Назад

## Problems, each with what mends it

problems = Требует внимания
problem-port_taken = Порт { $port } занят другой программой.
problem-port_taken-by = Порт { $port } занят: { $holder }.
problem-start_failed = Реле не запускается. { $message }
problem-token_missing = По адресу { $host } сохранённым ключом могли бы пользоваться другие компьютеры. Сначала добавьте токен доступа: тогда ключ послужит только приложениям с токеном.
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
open-tokens = Добавить токен
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
