// A plugin for plugin_hostile.sh that does what no plugin should, by the C interface itself: what
// ferrotunnel/plugin.hpp would catch reaches the server. Its path says what it does; see on_request.
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "ferrotunnel/plugin_abi.h"

namespace {

using namespace std::chrono_literals;

const ft_host* host;
const ft_http* http;
const ft_body_api* bodies;
const ft_session* session;
const ft_instance* self_;

ft_text text(std::string_view words) {
    return {words.data(), words.size()};
}

/// Decides again and again with every handle that there ever was, on a thread that ends with the process: also when
/// exchange, connection and server are gone.
class Ghost {
public:
    void keep(ft_later handle, bool of_subject) {
        const std::lock_guard lock(mutex_);
        if (!runs_) {
            runs_ = true;
            std::thread([this] { haunt(); }).detach();
        }
        handles_.emplace_back(handle, of_subject);
    }

private:
    void haunt() {
        for (;; std::this_thread::sleep_for(1ms)) {
            std::vector<std::pair<ft_later, bool>> some;
            {
                const std::lock_guard lock(mutex_);
                some = handles_;
            }
            for (const auto& [handle, of_subject] : some) {
                // What is released is counted by nobody, but ASan sees what is not.
                const auto release = [](void* user) { std::free(user); };
                if (of_subject) {
                    session->resume(handle, nullptr, std::malloc(16), release);
                } else {
                    http->resume(handle, nullptr, std::malloc(16), release);
                }
            }
        }
    }

    std::mutex mutex_;
    std::vector<std::pair<ft_later, bool>> handles_;
    bool runs_ = false;
};
Ghost& ghost = *new Ghost;  // never destroyed, as its thread

/// Sends the visitor away, so that the test sees that this was not what was decided.
ft_decision refuse(ft_exchange* exchange, void*) {
    return http->reject(exchange, 403, text("hostile"), nullptr, 0) != 0 ? FT_ANSWERED : FT_FAILED;
}

ft_decision answer_once(ft_exchange* exchange, void*) {
    return http->answer(exchange, 200, nullptr, 0, text("once\n")) != 0 ? FT_ANSWERED : FT_FAILED;
}

/// How many changes of a head that nobody may make were made.
int forbidden(ft_exchange* exchange, std::uint32_t side) {
    static const std::pair<std::string, std::string> fields[] = {
        {"Content-Length", "3"},
        {"content_length", "3"},
        {"Transfer-Encoding", "chunked"},
        {"Connection", "close, X-A"},
        {"Upgrade", "websocket"},
        {"Trailer", "X-A"},
        {"Keep-Alive", "1"},
        {"Proxy-Connection", "close"},
        {"TE", "trailers"},
        {"X-Forwarded-For", "10.0.0.1"},
        {"Forwarded", "for=10.0.0.1"},
        {"X-Real-IP", "10.0.0.1"},
        {"X-Forwarded-Proto", "https"},
        {"Via", "1.1 me"},
        {"X-Request-Id", "1"},
        {"X-A", "1\r\nX-B: 2"},
        {"X-A", "1\nX-B: 2"},
        {"X-A", "1\rX-B: 2"},
        {"X-A\r\nX-B", "2"},
        {"X-A: 1\r\nX-B", "2"},
        {"", "1"},
        {"X A", "1"},
        {"X-A", std::string(1, '\0')},
        {"X-FerroTunnel-Error", "none"},
    };
    int made = 0;
    for (const auto& [name, value] : fields) {
        for (const std::uint32_t how : {FT_ADD, FT_SET}) {
            made += http->edit(exchange, side, how, text(name), text(value));
        }
    }
    for (const char* name : {"Content-Length", "Transfer-Encoding", "Connection", "Trailer", "X-Forwarded-For"}) {
        made += http->edit(exchange, side, FT_REMOVE, text(name), {nullptr, 0});
    }
    made += http->edit(exchange, side, 99, text("X-A"), text("1"));
    made += http->edit(exchange, 1 - side, FT_SET, text("X-Other-Side"), text("1"));
    made += http->edit(exchange, 7, FT_SET, text("X-No-Side"), text("1"));
    return made;
}

void tell(ft_exchange* exchange, std::uint32_t side, const std::string& name, int number) {
    (void)http->edit(exchange, side, FT_SET, text(name), text(std::to_string(number)));
}

/// Too much of everything; how often it was told so.
int too_much(ft_exchange* exchange) {
    int refused = 0;
    for (int i = 0; i < 1'000; ++i) {
        refused += http->set_note(exchange, text("n" + std::to_string(i)), text("1")) == 0;
        refused += http->edit(exchange, FT_REQUEST, FT_ADD, text("X-N" + std::to_string(i)), text("1")) == 0;
    }
    refused += http->answer(exchange, 200, nullptr, 0, text(std::string(2'000'000, 'x'))) == 0;
    refused += http->set_target(exchange, text("/" + std::string(100'000, 'x')), text("")) == 0;
    refused += http->set_target(exchange, text("/a HTTP/1.1\r\nX-B: 2"), text("")) == 0;
    return refused;
}

ft_decision later(ft_exchange* exchange, std::uint64_t timeout_ms, bool decides, std::chrono::milliseconds after,
                  int times) {
    const ft_later handle = http->later(exchange, timeout_ms * 1'000'000);
    if (handle.ticket == nullptr) {
        return FT_FAILED;
    }
    if (decides) {
        std::thread([=] {
            std::this_thread::sleep_for(after);
            for (int i = 0; i < times; ++i) {
                http->resume(handle, i == 0 ? answer_once : refuse, nullptr, nullptr);
            }
            ghost.keep(handle, false);
        }).detach();
    }
    return FT_LATER;
}

std::int32_t throw_on_body(void*, ft_text, std::int32_t, ft_sink*) {
    throw std::runtime_error("body");
}
std::int32_t make_too_much(void*, ft_text, std::int32_t, ft_sink* out) {
    const std::string much(65'536, 'x');
    for (int i = 0; i < 1'000; ++i) {
        (void)bodies->write(out, much.data(), much.size());
    }
    return 0;
}

void* make(ft_settings*, const ft_instance* self, void*) {
    self_ = self;
    return &http;
}
void destroy(void*) {}

ft_decision on_request(void*, ft_exchange* exchange) {
    const ft_text at = http->get(exchange, FT_PATH);
    const std::string path(at.data, at.size);
    if (path == "/throw/request") {
        throw std::runtime_error("request");
    }
    if (path == "/throw/number") {
        throw 42;
    }
    if (path == "/throw/then") {
        const ft_later handle = http->later(exchange, 0);
        http->resume(
            handle, [](ft_exchange*, void*) -> ft_decision { throw std::runtime_error("then"); }, nullptr, nullptr);
        return FT_LATER;
    }
    if (path == "/throw/collected") {
        (void)bodies->collect(
            exchange, 0, [](ft_exchange*, void*, ft_text) -> ft_decision { throw 1; }, nullptr, nullptr);
        return FT_COLLECT;
    }
    if (path == "/late") {
        return later(exchange, 50, true, 300ms, 1);
    }
    if (path == "/twice") {
        return later(exchange, 0, true, 0ms, 3);
    }
    if (path == "/never") {
        return later(exchange, 50, false, 0ms, 0);
    }
    if (path == "/left") {  // the visitor has gone by then, and the connection
        return later(exchange, 0, true, 1500ms, 2);
    }
    if (path == "/held") {  // until the deadline, or the end of the server
        const ft_later handle = http->later(exchange, 0);
        return handle.ticket != nullptr ? FT_LATER : FT_FAILED;
    }
    if (path == "/fields") {
        tell(exchange, FT_REQUEST, "X-Made", forbidden(exchange, FT_REQUEST));
    }
    if (path == "/much") {
        const int refused = too_much(exchange);
        // The room for edits is full by now, so the log has it.
        const std::string line = "much was refused " + std::to_string(refused);
        host->log(self_, FT_LOG_INFO, text(line));
    }
    if (path == "/answer/split") {
        const ft_text fields[] = {text("X-A"), text("1\r\n\r\nHTTP/1.1 200 OK")};
        return http->answer(exchange, 200, fields, 1, text("split")) != 0 ? FT_ANSWERED : FT_GO_ON;
    }
    if (path == "/answer/framed") {
        const ft_text fields[] = {text("Content-Length"), text("1")};
        return http->answer(exchange, 200, fields, 1, text("split")) != 0 ? FT_ANSWERED : FT_GO_ON;
    }
    if (path == "/answer/none") {
        return FT_ANSWERED;
    }
    if (path == "/answer/number") {
        return 12'345;
    }
    if (path == "/answer/later") {
        return FT_LATER;
    }
    if (path == "/answer/collect") {
        return FT_COLLECT;
    }
    if (path == "/block") {
        std::this_thread::sleep_for(150ms);
    }
    return FT_GO_ON;
}

ft_decision on_response(void*, ft_exchange* exchange) {
    const ft_text at = http->get(exchange, FT_PATH);
    const std::string path(at.data, at.size);
    if (path == "/throw/response") {
        throw std::runtime_error("response");
    }
    if (path == "/fields") {
        tell(exchange, FT_RESPONSE, "X-Made", forbidden(exchange, FT_RESPONSE));
    }
    if (path == "/throw/body" || path == "/much/body") {
        ft_body_filter filter{};
        filter.size = sizeof(filter);
        filter.chunk = path == "/much/body" ? make_too_much : throw_on_body;
        (void)bodies->transform(exchange, FT_RESPONSE, &filter, nullptr);
    }
    return FT_GO_ON;
}

void on_close(void*, ft_exchange* exchange, const ft_outcome*) {
    // Whatever it tries: it is over.
    (void)forbidden(exchange, FT_RESPONSE);
    (void)http->answer(exchange, 200, nullptr, 0, text("x"));
    (void)http->later(exchange, 0);
    throw std::runtime_error("close");
}

ft_decision on_connect(void*, ft_visit*) {
    throw std::runtime_error("connect");
}
void on_visit_close(void*, ft_visit* visit, const ft_visit_outcome*) {
    (void)session->refuse(visit, text("x"));
    throw std::runtime_error("visit close");
}
ft_decision on_login(void*, ft_login* login) {
    const ft_later handle = session->later(login, 0);
    session->resume(handle, nullptr, nullptr, nullptr);
    session->resume(
        handle, [](ft_subject*, void*) -> ft_decision { throw 1; }, nullptr, nullptr);
    ghost.keep(handle, true);
    return FT_LATER;
}
ft_decision on_register(void*, ft_registration* wanted) {
    const ft_text service = session->text(wanted, FT_SUBJECT_SERVICE, 0);
    if (std::string(service.data, service.size) == "closed") {  // its requests have to come
        return FT_GO_ON;
    }
    throw std::runtime_error("register");
}

const ft_type type = {
    .size = sizeof(ft_type),
    .name = "hostile",
    .version = "1",
    .summary = nullptr,
    .schema = nullptr,
    .needs = nullptr,
    .flags = 0,
    .check = nullptr,
    .make = make,
    .start = nullptr,
    .stop = nullptr,
    .destroy = destroy,
    .on_request = on_request,
    .on_response = on_response,
    .on_close = on_close,
    .on_connect = on_connect,
    .on_visit_close = on_visit_close,
    .on_login = on_login,
    .on_register = on_register,
    .on_token = nullptr,
};
// The same for logins alone, which it is asked about where it runs for all services.
const ft_type type_for_logins = {
    .size = sizeof(ft_type),
    .name = "hostile-logins",
    .version = "1",
    .summary = nullptr,
    .schema = nullptr,
    .needs = nullptr,
    .flags = 0,
    .check = nullptr,
    .make = make,
    .start = nullptr,
    .stop = nullptr,
    .destroy = destroy,
    .on_request = nullptr,
    .on_response = nullptr,
    .on_close = nullptr,
    .on_connect = nullptr,
    .on_visit_close = nullptr,
    .on_login = on_login,
    .on_register = on_register,
    .on_token = nullptr,
};
const ft_type* const types[] = {&type, &type_for_logins, nullptr};
const ft_library library = {sizeof(ft_library), FT_ABI_MINOR, types};

}  // namespace

extern "C" __attribute__((visibility("default"))) const ft_library* ferrotunnel_plugin_v1(const ft_host* given) {
    host = given;
    http = static_cast<const ft_http*>(host->extension(FT_HTTP_1));
    bodies = static_cast<const ft_body_api*>(host->extension(FT_BODY_1));
    session = static_cast<const ft_session*>(host->extension(FT_SESSION_1));
    return http != nullptr && bodies != nullptr && session != nullptr ? &library : nullptr;
}
