// Plugins in C++: header-only, over the C interface of plugin_abi.h, so that one source is a plugin that is linked into
// an application and one that a server loads.
//
//    class Hello : public ferrotunnel::plugin::Plugin {
//    public:
//        static constexpr ferrotunnel::plugin::Description description{.name = "hello", .version = "1.0"};
//
//        Decision on_response(Exchange& exchange) override {
//            exchange.set(Side::response, "X-Hello", exchange.host());
//            return Decision::go_on();
//        }
//    };
//
// Linked: `Server::builder().plugin(ferrotunnel::plugin::library<Hello>)`. Loaded: a shared library with
//
//    extern "C" const ft_library* ferrotunnel_plugin_v1(const ft_host* host) {
//        return ferrotunnel::plugin::library<Hello>(host);
//    }
//
// An instance's hooks run on all of the server's workers at once, and must not block. What a hook throws is a failure
// of that instance for that exchange, which its failure policy answers: closed (503) for guards, open for others.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "ferrotunnel/plugin_abi.h"

namespace ferrotunnel::plugin {

/// Text from the server is good until the hook returns.
using Text = std::string_view;

enum class Side : std::uint32_t { request = FT_REQUEST, response = FT_RESPONSE };

/// Who has made an answer: the backend, a plugin, or the edge itself (a page, a redirect).
enum class Origin : std::uint32_t { backend = FT_FROM_BACKEND, plugin = FT_FROM_PLUGIN, edge = FT_FROM_EDGE };

struct Field {
    std::string name;
    std::string value;
};

/// An answer of a plugin's own. The edge writes its framing.
struct Answer {
    std::uint16_t status = 200;  // 200 to 599
    std::vector<Field> fields{};
    std::string body{};  // up to 1 MiB; none with 204, 205 and 304
};

class Exchange;
class Later;

/// What a hook decides. One that waits is made by Exchange::later alone.
class [[nodiscard]] Decision {
public:
    /// Lets the exchange pass.
    static Decision go_on() noexcept { return Decision(FT_GO_ON); }
    /// Answers instead.
    static Decision respond(Answer answer) {
        Decision decision(FT_ANSWERED);
        decision.answer_ = std::make_unique<Answer>(std::move(answer));
        return decision;
    }
    /// Answers with the operator's page for a status of 400, 401, 403, 404, 405, 413, 429 or 503; any other is a
    /// failure. `code` (up to 64 letters, digits and '_') is for X-FerroTunnel-Error and the log. `fields` are added to
    /// the page's, such as WWW-Authenticate or Retry-After.
    static Decision reject(std::uint16_t status, std::string code, std::vector<Field> fields = {}) {
        Decision decision(FT_ANSWERED);
        decision.answer_ = std::make_unique<Answer>(Answer{status, std::move(fields), std::move(code)});
        decision.is_page_ = true;
        return decision;
    }
    /// The plugin has failed: its failure policy decides.
    static Decision fail() noexcept { return Decision(FT_FAILED); }

private:
    friend class Exchange;
    friend class Later;
    template <typename>
    friend struct TypeOf;

    explicit Decision(ft_decision value) noexcept : value_(value) {}
    ft_decision settle(ft_exchange* exchange) const;

    ft_decision value_;
    bool is_page_ = false;            // `answer_` has the code as its body
    std::unique_ptr<Answer> answer_;  // of FT_ANSWERED
};

namespace detail {

/// The host's tables, as far as host and plugin both know them; what is not there is null.
struct Api {
    const ft_host* host = nullptr;
    const ft_http* http = nullptr;
    const ft_settings_api* settings = nullptr;
};
// Hidden, so that each library has its own, whatever it was compiled with.
__attribute__((visibility("hidden"))) inline Api api;

/// A copy of a struct that begins with its size: what its writer did not know is null.
template <typename Struct>
Struct known_part(const Struct& theirs) noexcept {
    Struct ours{};
    std::memcpy(&ours, &theirs, theirs.size < sizeof(Struct) ? theirs.size : sizeof(Struct));
    return ours;
}

inline ft_text text(std::string_view view) noexcept {
    return {view.data(), view.size()};
}
inline std::string_view view(ft_text text) noexcept {
    return {text.data, text.size};
}

}  // namespace detail

/// A decision that is owed. Move-only; any thread may have it. Destroyed without a decision it is a failure of the
/// plugin, at once. After the exchange has ended it does nothing.
class Later {
public:
    Later(Later&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
    Later& operator=(Later&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~Later() {
        if (handle_.ticket != nullptr) {
            detail::api.http->drop(handle_);
        }
    }

    /// Has `then`, a Decision(Exchange&), called on the exchange's worker, unless the exchange has ended. Any thread.
    /// `then` is destroyed in any case: on the worker, or here.
    template <typename Function>
    void resume(Function then) && {
        auto kept = std::make_unique<Function>(std::move(then));
        const ft_later handle = std::exchange(handle_, {});
        detail::api.http->resume(handle, &run<Function>, kept.release(),
                                 [](void* user) { delete static_cast<Function*>(user); });
    }
    /// Decides what needs no look at the exchange. Any thread.
    void decide(Decision decision) &&;

private:
    friend class Exchange;

    explicit Later(ft_later handle) noexcept : handle_(handle) {}
    template <typename Function>
    static ft_decision run(ft_exchange* exchange, void* user) noexcept;

    ft_later handle_;
};

/// One request and its answer, within a hook. On its worker.
class Exchange {
public:
    explicit Exchange(ft_exchange* exchange) noexcept : exchange_(exchange) {}
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    Text method() const { return get(FT_METHOD); }
    /// The path that the backend will be asked for, before the service's own rules.
    Text path() const { return get(FT_PATH); }
    /// With its '?', or empty.
    Text query() const { return get(FT_QUERY); }
    /// In normal form, without port.
    Text host() const { return get(FT_HOST); }
    /// The visitor's address, without port; what a trusted proxy says counts.
    Text visitor() const { return get(FT_VISITOR); }
    Text service() const { return get(FT_SERVICE); }
    Text request_id() const { return get(FT_REQUEST_ID); }
    bool is_https() const { return get(FT_SCHEME) == "https"; }

    /// The nth field of that name as it stands, with the changes of all plugins so far. The response has fields in
    /// on_response alone. Fields that the backend would not get are not there.
    std::optional<Text> field(Side side, Text name, std::size_t nth = 0) const {
        ft_text value{};
        const bool found =
            detail::api.http->field(exchange_, static_cast<std::uint32_t>(side), detail::text(name), nth, &value) != 0;
        return found ? std::optional(detail::view(value)) : std::nullopt;
    }
    /// Calls `look(name, value)` for all fields in order.
    template <typename Look>
    void each_field(Side side, Look look) const {
        ft_text name{};
        ft_text value{};
        for (std::size_t i = 0;
             detail::api.http->field_at(exchange_, static_cast<std::uint32_t>(side), i, &name, &value) != 0; ++i) {
            look(detail::view(name), detail::view(value));
        }
    }

    // Change fields of the request in on_request, of the response in on_response. False: nothing is changed, since the
    // name or value may not be written, the edge makes that field itself (framing, Host, what tells a backend who the
    // visitor is), or there is no room (32 changes a side, 16 KiB of text).
    bool set(Side side, Text name, Text value) { return edit(side, FT_SET, name, value); }
    bool add(Side side, Text name, Text value) { return edit(side, FT_ADD, name, value); }
    bool remove(Side side, Text name) { return edit(side, FT_REMOVE, name, {}); }

    /// Changes what the backend is asked for, in on_request; `query` with its '?'. False: no target that a visitor may
    /// send to this service.
    bool set_target(Text path, Text query = {}) {
        return detail::api.http->set_target(exchange_, detail::text(path), detail::text(query)) != 0;
    }

    /// The status of the answer; 0 before there is one.
    std::uint16_t status() const { return static_cast<std::uint16_t>(detail::api.http->status(exchange_)); }
    Origin origin() const { return static_cast<Origin>(detail::api.http->origin(exchange_)); }

    /// Notes that plugins share, like "auth.subject"; empty where there is none. Up to 32.
    Text note(Text name) const { return detail::view(detail::api.http->note(exchange_, detail::text(name))); }
    bool set_note(Text name, Text value) {
        return detail::api.http->set_note(exchange_, detail::text(name), detail::text(value)) != 0;
    }

    /// What this instance keeps for this exchange, made when it is first asked for. An instance has one type of state.
    template <typename State>
    State& state() {
        void* state = detail::api.http->state(exchange_);
        if (state == nullptr) {
            auto made = std::make_unique<State>();
            state = made.get();
            detail::api.http->set_state(exchange_, made.release(), [](void* old) { delete static_cast<State*>(old); });
        }
        return *static_cast<State*>(state);
    }

    /// Decides later: `begin(Later)` is called now, and hands the handle to whatever will decide. A wait that takes
    /// longer than `timeout` (0: the server's bound, 5 s by default, which is also the most) is a failure.
    template <typename Begin>
    Decision later(Begin begin, std::chrono::nanoseconds timeout = std::chrono::nanoseconds(0)) {
        const ft_later handle = detail::api.http->later(exchange_, static_cast<std::uint64_t>(timeout.count()));
        if (handle.ticket == nullptr) {
            return Decision::fail();  // too many wait
        }
        begin(Later(handle));
        return Decision(FT_LATER);
    }

private:
    Text get(std::uint32_t what) const { return detail::view(detail::api.http->get(exchange_, what)); }
    bool edit(Side side, std::uint32_t how, Text name, Text value) {
        return detail::api.http->edit(exchange_, static_cast<std::uint32_t>(side), how, detail::text(name),
                                      detail::text(value)) != 0;
    }

    ft_exchange* exchange_;
};

/// Whether plugins may write a field with that name and value: neither may break a message, and some fields are the
/// edge's own. For check().
inline bool may_write(Text name, Text value = {}) {
    return detail::api.http->may_write(detail::text(name), detail::text(value)) != 0;
}

/// How an exchange has ended.
struct Outcome {
    std::uint16_t status = 0;  // what the visitor was sent; 0: nothing
    bool complete = false;     // whether the visitor got all of it
    std::uint64_t request_bytes = 0;
    std::uint64_t response_bytes = 0;
    std::chrono::nanoseconds duration{0};
};

/// The settings of an instance, as they stand in the configuration, with the schema's defaults. `path` is the keys
/// below the instance: "rules[2].name". Within the constructor and check() alone.
class Settings {
public:
    explicit Settings(ft_settings* settings) noexcept : settings_(settings) {}

    std::optional<Text> text(Text path) const {
        ft_text value{};
        return has() && detail::api.settings->text(settings_, detail::text(path), &value) != 0
                   ? std::optional(detail::view(value))
                   : std::nullopt;
    }
    std::optional<std::int64_t> integer(Text path) const {
        std::int64_t value = 0;
        return has() && detail::api.settings->integer(settings_, detail::text(path), &value) != 0 ? std::optional(value)
                                                                                                  : std::nullopt;
    }
    std::optional<double> number(Text path) const {
        double value = 0;
        return has() && detail::api.settings->number(settings_, detail::text(path), &value) != 0 ? std::optional(value)
                                                                                                 : std::nullopt;
    }
    std::optional<bool> boolean(Text path) const {
        std::int32_t value = 0;
        return has() && detail::api.settings->boolean(settings_, detail::text(path), &value) != 0
                   ? std::optional(value != 0)
                   : std::nullopt;
    }
    /// The size of a list or map; 0 where there is none.
    std::size_t count(Text path) const {
        return has() ? detail::api.settings->count(settings_, detail::text(path)) : 0;
    }
    /// The ith key of a map.
    Text key(Text path, std::size_t i) const {
        ft_text key{};
        (void)(has() && detail::api.settings->key(settings_, detail::text(path), i, &key));
        return detail::view(key);
    }
    /// Reports what is wrong with the value at `path`, in words that follow the key. The instance is not made.
    void problem(Text path, Text words) const {
        if (has()) {
            detail::api.settings->problem(settings_, detail::text(path), detail::text(words));
        }
    }

private:
    bool has() const noexcept { return settings_ != nullptr && detail::api.settings != nullptr; }

    ft_settings* settings_;
};

/// What a type of plugin says of itself: a static member `description` of the class.
struct Description {
    const char* name;              // as the configuration names it: small letters, digits and '-'
    const char* version;           // the plugin's own
    const char* summary = "";      // one line
    const char* schema = nullptr;  // of its settings, see docs/plugins
    bool guard = false;            // it decides who may come in: fails closed unless the operator says otherwise
};

/// An instance of a plugin. It is made with `const Settings&`, with `const Settings&` and the instance of the same
/// class that it takes the place of (or null), or without arguments.
class Plugin {
public:
    virtual ~Plugin() = default;
    Plugin(const Plugin&) = delete;
    Plugin& operator=(const Plugin&) = delete;

    /// The server runs from now on. On a control thread, as are the constructor, stop() and the destructor.
    virtual void start() {}
    /// No hook begins any more: threads of the plugin's own end here.
    virtual void stop() {}

    // On the workers. A hook that a class does not override costs nothing.
    virtual Decision on_request(Exchange&) { return Decision::go_on(); }
    /// Called for those that have seen the request, in the opposite order: with the backend's answer, a plugin's or a
    /// page of the edge's.
    virtual Decision on_response(Exchange&) { return Decision::go_on(); }
    /// Exactly once for each exchange whose request has come to this instance.
    virtual void on_close(Exchange&, const Outcome&) {}

    /// Writes a line to the server's log. Any thread.
    void log(std::int32_t level, Text line) const { detail::api.host->log(self_, level, detail::text(line)); }

protected:
    Plugin() = default;

private:
    template <typename>
    friend struct TypeOf;

    const ft_instance* self_ = nullptr;
};

/// The table of a class of plugins.
template <typename Class>
struct TypeOf {
    static_assert(std::is_base_of_v<Plugin, Class>);

    static void* make(ft_settings* given, const ft_instance* self, void* before) noexcept {
        const Settings settings(given);
        try {
            std::unique_ptr<Class> made;
            if constexpr (std::is_constructible_v<Class, const Settings&, Class*>) {
                made = std::make_unique<Class>(settings, static_cast<Class*>(before));
            } else if constexpr (std::is_constructible_v<Class, const Settings&>) {
                made = std::make_unique<Class>(settings);
            } else {
                made = std::make_unique<Class>();
            }
            made->self_ = self;
            return made.release();
        } catch (const std::exception& problem) {
            settings.problem({}, problem.what());
        } catch (...) {
        }
        return nullptr;
    }
    static void check(ft_settings* given) noexcept {
        if constexpr (requires(const Settings& settings) { Class::check(settings); }) {
            try {
                Class::check(Settings(given));
            } catch (const std::exception& problem) {
                Settings(given).problem({}, problem.what());
            } catch (...) {
                Settings(given).problem({}, "can not be checked");
            }
        }
    }
    static void start(void* instance) noexcept {
        try {
            static_cast<Class*>(instance)->start();
        } catch (...) {
            static_cast<Class*>(instance)->log(FT_LOG_ERROR, "start() has thrown");
        }
    }
    static void stop(void* instance) noexcept {
        try {
            static_cast<Class*>(instance)->stop();
        } catch (...) {
            static_cast<Class*>(instance)->log(FT_LOG_ERROR, "stop() has thrown");
        }
    }
    static void destroy(void* instance) noexcept { delete static_cast<Class*>(instance); }

    template <auto hook>
    static ft_decision call(void* instance, ft_exchange* raw) noexcept {
        try {
            Exchange exchange(raw);
            return (static_cast<Class*>(instance)->*hook)(exchange).settle(raw);
        } catch (const std::exception& problem) {
            static_cast<Class*>(instance)->log(FT_LOG_WARN, problem.what());
        } catch (...) {
        }
        return FT_FAILED;
    }
    static void on_close(void* instance, ft_exchange* raw, const ft_outcome* whole) noexcept {
        try {
            Exchange exchange(raw);
            const ft_outcome told = detail::known_part(*whole);
            static_cast<Class*>(instance)->on_close(
                exchange, {static_cast<std::uint16_t>(told.status), told.complete != 0, told.request_bytes,
                           told.response_bytes, std::chrono::nanoseconds(told.duration_ns)});
        } catch (...) {
        }
    }

    static constexpr bool has_request = !std::is_same_v<decltype(&Class::on_request), Decision (Plugin::*)(Exchange&)>;
    static constexpr bool has_response =
        !std::is_same_v<decltype(&Class::on_response), Decision (Plugin::*)(Exchange&)>;
    static constexpr bool has_close =
        !std::is_same_v<decltype(&Class::on_close), void (Plugin::*)(Exchange&, const Outcome&)>;

    __attribute__((visibility("hidden"))) static const ft_type& table() noexcept {
        static const ft_type type = [] {
            constexpr Description said = Class::description;
            ft_type made{};
            made.size = sizeof(ft_type);
            made.name = said.name;
            made.version = said.version;
            made.summary = said.summary;
            made.schema = said.schema;
            made.flags = said.guard ? static_cast<std::uint32_t>(FT_GUARD) : 0U;
            made.check = check;
            made.make = make;
            made.start = start;
            made.stop = stop;
            made.destroy = destroy;
            made.on_request = has_request ? &call<&Class::on_request> : nullptr;
            made.on_response = has_response ? &call<&Class::on_response> : nullptr;
            made.on_close = has_close ? &on_close : nullptr;
            return made;
        }();
        return type;
    }
};

/// The library of these classes: the entry of a plugin, for Server::Builder::plugin, or for ferrotunnel_plugin_v1 to
/// return.
template <typename... Classes>
__attribute__((visibility("hidden"))) const ft_library* library(const ft_host* host) {
    const auto* const http_of_host = static_cast<const ft_http*>(host->extension(FT_HTTP_1));
    const auto* const settings_of_host = static_cast<const ft_settings_api*>(host->extension(FT_SETTINGS_1));
    if (http_of_host == nullptr || settings_of_host == nullptr) {
        return nullptr;
    }
    static const ft_http http = detail::known_part(*http_of_host);
    static const ft_settings_api settings = detail::known_part(*settings_of_host);
    if (http.may_write == nullptr || settings.problem == nullptr) {  // the last members that this header calls
        return nullptr;
    }
    detail::api = {host, &http, &settings};
    static const ft_type* const types[] = {&TypeOf<Classes>::table()..., nullptr};
    static const ft_library made{sizeof(ft_library), FT_ABI_MINOR, types};
    return &made;
}

// --- implementation ---

inline ft_decision Decision::settle(ft_exchange* exchange) const {
    if (answer_ == nullptr) {
        return value_;
    }
    std::vector<ft_text> pairs;
    for (const Field& field : answer_->fields) {
        pairs.push_back(detail::text(field.name));
        pairs.push_back(detail::text(field.value));
    }
    const ft_text body = detail::text(answer_->body);
    const std::size_t count = answer_->fields.size();
    const ft_http& http = *detail::api.http;
    const bool taken = is_page_ ? http.reject(exchange, answer_->status, body, pairs.data(), count) != 0
                                : http.answer(exchange, answer_->status, pairs.data(), count, body) != 0;
    return taken ? FT_ANSWERED : FT_FAILED;
}

template <typename Function>
ft_decision Later::run(ft_exchange* raw, void* user) noexcept {
    try {
        Exchange exchange(raw);
        return (*static_cast<Function*>(user))(exchange).settle(raw);
    } catch (...) {
        return FT_FAILED;
    }
}

inline void Later::decide(Decision decision) && {
    if (decision.answer_ == nullptr && decision.value_ == FT_GO_ON) {
        detail::api.http->resume(std::exchange(handle_, {}), nullptr, nullptr, nullptr);
        return;
    }
    auto shared = std::make_shared<Decision>(std::move(decision));
    std::move(*this).resume([shared](Exchange&) { return std::move(*shared); });
}

}  // namespace ferrotunnel::plugin
