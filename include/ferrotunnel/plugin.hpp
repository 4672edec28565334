// Plugins in C++: header-only, over the C interface of plugin_abi.h, so that the same source can be linked into an
// application or loaded by a server.
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
// Linked: `Server::builder().add_plugin(ferrotunnel::plugin::library<Hello>)`. Loaded: a shared library with
//
//    extern "C" const ft_library* ferrotunnel_plugin_v1(const ft_host* host) {
//        return ferrotunnel::plugin::library<Hello>(host);
//    }
//
// An instance's hooks run on all of the server's workers at once, and must not block. An exception from a hook is a
// failure of that instance for that exchange, handled by its failure policy: closed (503) for guards, open for others.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "ferrotunnel/detail/plugin_host.hpp"
#include "ferrotunnel/plugin_abi.h"

namespace ferrotunnel::plugin {

/// Text from the server is valid until the hook returns.
using Text = std::string_view;

enum class Side : std::uint32_t { request = FT_REQUEST, response = FT_RESPONSE };

/// The origin of a response: the backend, a plugin, or the edge itself (a page, a redirect).
enum class Origin : std::uint32_t { backend = FT_FROM_BACKEND, plugin = FT_FROM_PLUGIN, edge = FT_FROM_EDGE };

struct Field {
    std::string name;
    std::string value;
};

/// A plugin's own response. The edge writes its framing.
struct Answer {
    std::uint16_t status = 200;  // 200 to 599
    std::vector<Field> fields{};
    std::string body{};  // up to 1 MiB; none with 204, 205 and 304
};

class BodyFilter;  // plugin_body.hpp
class Exchange;
class Later;

// plugin_session.hpp, which this header includes.
class Visitor;
class Login;
class Registration;
struct TokenQuery;
class TokenReply;
struct VisitOutcome;
template <typename Subject>
class LaterOf;

/// The decision of a hook. A pending one is made only by Exchange::later, Exchange::collect and `later` of the other
/// subjects.
class [[nodiscard]] Decision {
public:
    /// Lets the exchange continue.
    static Decision go_on() noexcept { return Decision(FT_GO_ON); }
    /// Responds instead of the backend.
    static Decision respond(Answer answer) {
        Decision decision(FT_ANSWERED);
        decision.answer_ = std::make_unique<Answer>(std::move(answer));
        return decision;
    }
    /// Responds with the operator's page for a status of 400, 401, 403, 404, 405, 413, 429 or 503; any other is a
    /// failure. `code` (up to 64 letters, digits and '_') is for X-FerroTunnel-Error and the log. `fields`, such as
    /// WWW-Authenticate or Retry-After, are added to those of the page.
    static Decision reject(std::uint16_t status, std::string code, std::vector<Field> fields = {}) {
        Decision decision(FT_ANSWERED);
        decision.answer_ = std::make_unique<Answer>(Answer{status, std::move(fields), std::move(code)});
        decision.is_page_ = true;
        return decision;
    }
    /// Refuses a login or a service with a reason of up to 200 bytes for the client's user, or a visitor with a reason
    /// for the log. For a request: reject(403). In those phases reject() refuses as well, with its code as the reason.
    static Decision refuse(std::string words) {
        Decision decision = reject(403, {});
        decision.words_ = std::move(words);
        return decision;
    }
    /// Reports a failure of the plugin: its failure policy decides.
    static Decision fail() noexcept { return Decision(FT_FAILED); }

private:
    friend class Exchange;
    friend class Later;
    friend class Visitor;
    friend class Login;
    friend class Registration;
    template <typename>
    friend class LaterOf;
    template <typename>
    friend struct TypeOf;

    explicit Decision(ft_decision value) noexcept : value_(value) {}
    ft_decision settle(ft_exchange* exchange) const;
    ft_decision settle(ft_subject* subject) const;

    ft_decision value_;
    bool is_page_ = false;            // `answer_` has the code as its body
    std::string words_;               // of refuse()
    std::unique_ptr<Answer> answer_;  // of FT_ANSWERED
};

/// A pending decision. Move-only; may be used on any thread. Destroying it without a decision is a failure of the
/// plugin. After the exchange has ended it does nothing.
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

    /// Calls `then`, a Decision(Exchange&), on the exchange's worker, unless the exchange has ended. Callable on any
    /// thread. `then` is destroyed in any case: on the worker, or here.
    template <typename Function>
    void resume(Function then) && {
        auto kept = std::make_unique<Function>(std::move(then));
        const ft_later handle = std::exchange(handle_, {});
        detail::api.http->resume(handle, &run<Function>, kept.release(),
                                 [](void* user) { delete static_cast<Function*>(user); });
    }
    /// Decides without access to the exchange. Callable on any thread.
    void decide(Decision decision) &&;

private:
    friend class Exchange;

    explicit Later(ft_later handle) noexcept : handle_(handle) {}
    template <typename Function>
    static ft_decision run(ft_exchange* exchange, void* user) noexcept;

    ft_later handle_;
};

/// One request and its response, within a hook, on the exchange's worker.
class Exchange {
public:
    explicit Exchange(ft_exchange* exchange) noexcept : exchange_(exchange) {}
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    Text method() const { return get(FT_METHOD); }
    /// The path that will be sent to the backend, before the service's own rules.
    Text path() const { return get(FT_PATH); }
    /// With its '?', or empty.
    Text query() const { return get(FT_QUERY); }
    /// In normal form, without port.
    Text host() const { return get(FT_HOST); }
    /// The visitor's address without port, as reported by a trusted proxy if there is one.
    Text visitor() const { return get(FT_VISITOR); }
    Text service() const { return get(FT_SERVICE); }
    /// The name of the token whose client offers the service, never the secret; empty if the server is older than minor
    /// version 4. Clients choose the names of services, but the operator those of tokens: use this to identify what
    /// clients share.
    Text token() const { return get(FT_TOKEN); }
    /// The visitor's verified client certificate, as in the fields for backends: subject (RFC 4514), subjectAltName
    /// ("DNS:a.example,URI:spiffe://a/b"), SHA-256. Empty without one, before minor version 6, or if too long.
    Text client_certificate_subject() const { return get(FT_CLIENT_CERTIFICATE_SUBJECT); }
    Text client_certificate_names() const { return get(FT_CLIENT_CERTIFICATE_NAMES); }
    Text client_certificate_fingerprint() const { return get(FT_CLIENT_CERTIFICATE_FINGERPRINT); }
    Text request_id() const { return get(FT_REQUEST_ID); }
    bool is_https() const { return get(FT_SCHEME) == "https"; }

    /// The nth field of that name, with the changes of all plugins so far. The response has fields only in on_response.
    /// Fields that are not sent to the backend are left out.
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

    // Change fields of the request in on_request, of the response in on_response. False: nothing was changed, because
    // the name or value may not be written, the edge makes that field itself (framing, Host, the visitor's address), or
    // the limit is reached (32 changes for each side, 16 KiB of text).
    bool set(Side side, Text name, Text value) { return edit(side, FT_SET, name, value); }
    bool add(Side side, Text name, Text value) { return edit(side, FT_ADD, name, value); }
    bool remove(Side side, Text name) { return edit(side, FT_REMOVE, name, {}); }

    /// Changes the target of the request to the backend, in on_request; `query` includes its '?'. False: not a target
    /// that a visitor may send to this service.
    bool set_target(Text path, Text query = {}) {
        return detail::api.http->set_target(exchange_, detail::text(path), detail::text(query)) != 0;
    }

    /// The status of the response; 0 before there is one.
    std::uint16_t status() const { return static_cast<std::uint16_t>(detail::api.http->status(exchange_)); }
    Origin origin() const { return static_cast<Origin>(detail::api.http->origin(exchange_)); }

    /// A note that plugins share, like "auth.subject"; empty if there is none. Up to 32 notes.
    Text note(Text name) const { return detail::view(detail::api.http->note(exchange_, detail::text(name))); }
    bool set_note(Text name, Text value) {
        return detail::api.http->set_note(exchange_, detail::text(name), detail::text(value)) != 0;
    }

    /// The state of this instance for this exchange, made on the first call. An instance has one type of state.
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
    /// Stores a pointer in place of state(): `release` is called with it when the exchange ends, or when it is
    /// replaced. Both may be null.
    void keep(void* pointer, void (*release)(void*)) { detail::api.http->set_state(exchange_, pointer, release); }
    /// The pointer passed to keep(); null if there is none.
    void* kept() const { return detail::api.http->state(exchange_); }

    /// Decides later: `begin(Later)` is called now, and passes the handle to the code that will decide. A wait longer
    /// than `timeout` (0: the server's limit, 5 s by default, which is also the maximum) is a failure.
    template <typename Begin>
    Decision later(Begin begin, std::chrono::nanoseconds timeout = std::chrono::nanoseconds(0)) {
        const ft_later handle = detail::api.http->later(exchange_, static_cast<std::uint64_t>(timeout.count()));
        if (handle.ticket == nullptr) {
            return Decision::fail();  // too many wait
        }
        begin(Later(handle));
        return Decision(FT_LATER);
    }

    // Bodies: of the request in on_request, of the response in on_response. HEAD, 1xx, 204, 205 and 304 have none.

    /// Observes the body as it passes: `look(Text piece)` or `look(Text piece, bool last)` is called on the worker with
    /// pieces of at most 16,376 bytes, and destroyed with the exchange. Nothing is copied. False: not possible for this
    /// side now, or the server does not support bodies for plugins.
    template <typename Look>
    bool observe(Side side, Look look);
    /// Sends the body through a filter; the edge frames the message again. False: as for observe(), and for responses
    /// with 101 and 206.
    bool transform(Side side, std::unique_ptr<BodyFilter> filter);
    /// Decides when the whole body of the hook's message has arrived: `then(Exchange&, Text body)` returns a Decision.
    /// Once in a hook (or in the function given to `later` there). `max`: 0 means 64 KiB; at most 1 MiB. A visitor that
    /// sends more gets 413; a response that is larger, or too late, is a failure. Minor version 1: requests only.
    template <typename Then>
    Decision collect(std::size_t max, Then then);

private:
    Text get(std::uint32_t what) const { return detail::view(detail::api.http->get(exchange_, what)); }
    bool edit(Side side, std::uint32_t how, Text name, Text value) {
        return detail::api.http->edit(exchange_, static_cast<std::uint32_t>(side), how, detail::text(name),
                                      detail::text(value)) != 0;
    }

    ft_exchange* exchange_;
};

/// The server's monotonic clock, with an arbitrary start; the test harness's clock in tests. Callable on any thread.
inline std::chrono::nanoseconds clock_now() {
    return std::chrono::nanoseconds(detail::api.host->now_ns());
}

/// Whether plugins may write a field with that name and value: neither may break a message, and some fields belong to
/// the edge. For check().
inline bool may_write(Text name, Text value = {}) {
    return detail::api.http->may_write(detail::text(name), detail::text(value)) != 0;
}

/// The result of an exchange.
struct Outcome {
    std::uint16_t status = 0;  // the status sent to the visitor; 0: none
    bool complete = false;     // whether the visitor got all of it
    std::uint64_t request_bytes = 0;
    std::uint64_t response_bytes = 0;
    std::chrono::nanoseconds duration{0};
};

/// The settings of an instance from the configuration, with the schema's defaults. `path` is the keys below the
/// instance: "rules[2].name". Only valid within the constructor and check().
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
    /// The size of a list or map; 0 if there is none.
    std::size_t count(Text path) const {
        return has() ? detail::api.settings->count(settings_, detail::text(path)) : 0;
    }
    /// The ith key of a map.
    Text key(Text path, std::size_t i) const {
        ft_text key{};
        (void)(has() && detail::api.settings->key(settings_, detail::text(path), i, &key));
        return detail::view(key);
    }
    /// Reports a problem with the value at `path`, worded to follow the key. The instance is then not made.
    void problem(Text path, Text words) const {
        if (has()) {
            detail::api.settings->problem(settings_, detail::text(path), detail::text(words));
        }
    }

    /// In the constructor: declares that the instance sets this request field, such as X-User, so that the same field
    /// from a visitor is forged. The server removes it from the head and trailers of every request of its services
    /// before any hook, also if the instance does not run or fails. Up to 24 names in a chain.
    void declare_identity(Text name) const {
        if (!has() || detail::api.settings->declare_identity == nullptr) {
            // Without it visitors could forge their identity.
            problem({}, "needs a newer server, one that removes identity fields of visitors");
            return;
        }
        detail::api.settings->declare_identity(settings_, detail::text(name));
    }

    // In check(): declares the notes that the instance uses, so that `ferrotunnel check` finds notes that are read
    // before they are set. `path`: the setting that names the note; empty: all settings.
    /// A name may end with '*': all names with that prefix.
    void sets_note(Text name, Text path = {}) const { declare_note(FT_SETS_NOTE, path, name); }
    void reads_note(Text name, Text path = {}) const { declare_note(FT_READS_NOTE, path, name); }
    /// For a note read in on_response or on_close, after all on_request hooks.
    void reads_note_at_last(Text name, Text path = {}) const { declare_note(FT_READS_NOTE_AT_LAST, path, name); }

    /// In check(): declares that the instance looks up tokens (Plugin::on_token). One instance of a server may.
    void looks_up_tokens(Text path = {}) const;

private:
    bool has() const noexcept { return settings_ != nullptr && detail::api.settings != nullptr; }
    void declare_note(std::uint32_t use, Text path, Text name) const {
        if (has() && detail::api.settings->declare_note != nullptr) {
            detail::api.settings->declare_note(settings_, use, detail::text(path), detail::text(name));
        }
    }

    ft_settings* settings_;
};

/// The description of a plugin type: a static member `description` of the class.
struct Description {
    const char* name;              // its name in the configuration: lower-case letters, digits and '-'
    const char* version;           // the plugin's own
    const char* summary = "";      // one line
    const char* schema = nullptr;  // of its settings, see docs/plugins
    bool guard = false;            // whether the plugin controls access; then it fails closed by default
    bool fetches = false;          // whether the plugin sends requests of its own (plugin_fetch.hpp)
};

/// An instance of a plugin. Its constructor takes `const Settings&`, or `const Settings&` and the instance of the same
/// class that it replaces (or null), or no arguments.
class Plugin {
public:
    virtual ~Plugin() = default;
    Plugin(const Plugin&) = delete;
    Plugin& operator=(const Plugin&) = delete;

    /// Called when the server starts. Runs on a control thread, like the constructor, stop() and the destructor.
    virtual void start() {}
    /// Called after the last hook: the plugin's own threads must end here.
    virtual void stop() {}

    // Called on the workers. A hook that a class does not override costs nothing.
    virtual Decision on_request(Exchange&) { return Decision::go_on(); }
    /// Called for the instances that got the request, in reverse order, with the response of the backend, of a plugin
    /// or of the edge.
    virtual Decision on_response(Exchange&) { return Decision::go_on(); }
    /// Called exactly once for each exchange whose request reached this instance.
    virtual void on_close(Exchange&, const Outcome&) {}

    // The same for visitors of TCP and TLS passthrough services, and for clients: see plugin_session.hpp.
    virtual Decision on_connect(Visitor&) { return Decision::go_on(); }
    /// Called exactly once for each visitor that reached this instance.
    virtual void on_visit_close(Visitor&, const VisitOutcome&) {}
    /// Called for each tunnel connection of a client, and again after a reconnect: must make the same decision each
    /// time.
    virtual Decision on_login(Login&) { return Decision::go_on(); }
    /// Called once for each service of a client, not for each tunnel connection.
    virtual Decision on_register(Registration&) { return Decision::go_on(); }
    /// Called for a token that is in no table of the server, after looks_up_tokens(): see plugin_tokens.hpp.
    virtual void on_token(const TokenQuery&, TokenReply);

    /// The importance of a line in the server's log.
    enum class Level : std::int32_t {
        debug = FT_LOG_DEBUG,
        info = FT_LOG_INFO,
        warn = FT_LOG_WARN,
        error = FT_LOG_ERROR,
    };
    /// Writes a line to the server's log. Callable on any thread.
    void log(Level level, Text line) const {
        detail::api.host->log(self_, static_cast<std::int32_t>(level), detail::text(line));
    }
    [[deprecated("use Level::info and so on")]] void log(std::int32_t level, Text line) const {
        log(static_cast<Level>(level), line);
    }

protected:
    Plugin() = default;

private:
    template <typename>
    friend struct TypeOf;

    const ft_instance* self_ = nullptr;
};

namespace detail {
template <typename Class>
void look_up_token(void* instance, const ft_token_query* whole, ft_token_reply* raw) noexcept;
}

/// The function table of a plugin class.
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
            settings.problem({}, "its constructor threw an object that is not a std::exception");
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
                Settings(given).problem({}, "cannot be checked");
            }
        }
    }
    static void start(void* instance) noexcept {
        try {
            static_cast<Class*>(instance)->start();
        } catch (...) {
            log_thrown(instance, "start()");
        }
    }
    static void stop(void* instance) noexcept {
        try {
            static_cast<Class*>(instance)->stop();
        } catch (...) {
            log_thrown(instance, "stop()");
        }
    }
    static void destroy(void* instance) noexcept { delete static_cast<Class*>(instance); }
    /// Called within a catch handler, for a call whose failure has no consequences.
    static void log_thrown(void* instance, const char* call) noexcept {
        static_cast<Class*>(instance)->log(Plugin::Level::error, detail::Thrown(call).words());
    }

    template <auto hook>
    static ft_decision call(void* instance, ft_exchange* raw) noexcept {
        try {
            Exchange exchange(raw);
            return (static_cast<Class*>(instance)->*hook)(exchange).settle(raw);
        } catch (...) {
            const detail::Thrown thrown("the hook");
            if (!detail::explain(thrown.words())) {
                static_cast<Class*>(instance)->log(Plugin::Level::warn, thrown.words());
            }
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
            log_thrown(instance, "on_close()");
        }
    }

    template <typename Subject, auto hook>
    static ft_decision call_for(void* instance, ft_subject* raw) noexcept {
        try {
            Subject subject(raw);
            return (static_cast<Class*>(instance)->*hook)(subject).settle(raw);
        } catch (...) {
            const detail::Thrown thrown("the hook");
            if (!detail::explain(thrown.words())) {
                static_cast<Class*>(instance)->log(Plugin::Level::warn, thrown.words());
            }
        }
        return FT_FAILED;
    }
    template <typename Subject, typename Told>
    static void on_visit_close(void* instance, ft_subject* raw, const ft_visit_outcome* whole) noexcept {
        try {
            Subject visit(raw);
            static_cast<Class*>(instance)->on_visit_close(visit, Told::of(detail::known_part(*whole)));
        } catch (...) {
            log_thrown(instance, "on_visit_close()");
        }
    }

    static constexpr bool has_request = !std::is_same_v<decltype(&Class::on_request), Decision (Plugin::*)(Exchange&)>;
    static constexpr bool has_response =
        !std::is_same_v<decltype(&Class::on_response), Decision (Plugin::*)(Exchange&)>;
    static constexpr bool has_close =
        !std::is_same_v<decltype(&Class::on_close), void (Plugin::*)(Exchange&, const Outcome&)>;

    static constexpr bool has_connect = !std::is_same_v<decltype(&Class::on_connect), Decision (Plugin::*)(Visitor&)>;
    static constexpr bool has_visit_close =
        !std::is_same_v<decltype(&Class::on_visit_close), void (Plugin::*)(Visitor&, const VisitOutcome&)>;
    static constexpr bool has_login = !std::is_same_v<decltype(&Class::on_login), Decision (Plugin::*)(Login&)>;
    static constexpr bool has_register =
        !std::is_same_v<decltype(&Class::on_register), Decision (Plugin::*)(Registration&)>;

    static constexpr bool has_token =
        !std::is_same_v<decltype(&Class::on_token), void (Plugin::*)(const TokenQuery&, TokenReply)>;

    // A guard for TCP visitors or for clients would admit all of them on a server that never calls it.
    static constexpr bool has_session_hook = has_connect || has_login || has_register;

    /// The ids of the tables that the type requires, terminated by null.
    static constexpr std::array<const char*, 3> needed_tables() noexcept {
        std::array<const char*, 3> ids{};
        std::size_t count = 0;
        if (Class::description.guard && has_session_hook) {
            ids[count++] = FT_SESSION_1;
        }
        if (Class::description.fetches) {
            ids[count++] = FT_FETCH_1;
        }
        return ids;
    }

    __attribute__((visibility("hidden"))) static const ft_type& table() noexcept {
        static const ft_type type = [] {
            constexpr Description said = Class::description;
            static const std::array<const char*, 3> needs = needed_tables();
            ft_type made{};
            made.size = sizeof(ft_type);
            made.name = said.name;
            made.version = said.version;
            made.summary = said.summary;
            made.schema = said.schema;
            made.flags = said.guard ? static_cast<std::uint32_t>(FT_GUARD) : 0U;
            made.needs = needs.front() != nullptr ? needs.data() : nullptr;
            made.check = check;
            made.make = make;
            made.start = start;
            made.stop = stop;
            made.destroy = destroy;
            made.on_request = has_request ? &call<&Class::on_request> : nullptr;
            made.on_response = has_response ? &call<&Class::on_response> : nullptr;
            made.on_close = has_close ? &on_close : nullptr;
            made.on_connect = has_connect ? &call_for<Visitor, &Class::on_connect> : nullptr;
            made.on_visit_close = has_visit_close ? &on_visit_close<Visitor, VisitOutcome> : nullptr;
            made.on_login = has_login ? &call_for<Login, &Class::on_login> : nullptr;
            made.on_register = has_register ? &call_for<Registration, &Class::on_register> : nullptr;
            made.on_token = has_token ? &detail::look_up_token<Class> : nullptr;
            return made;
        }();
        return type;
    }
};

/// The plugin library of these classes: an entry point for Server::Builder::add_plugin, or the result of
/// ferrotunnel_plugin_v1.
template <typename... Classes>
__attribute__((visibility("hidden"))) const ft_library* library(const ft_host* host) {
    static const detail::Tables tables(*host);
    if (!tables.suffice()) {
        return nullptr;
    }
    detail::api = tables.api();
    static const ft_type* const types[] = {&TypeOf<Classes>::table()..., nullptr};
    static const ft_library made{sizeof(ft_library), FT_ABI_MINOR, types};
    return &made;
}

}  // namespace ferrotunnel::plugin

#include "ferrotunnel/detail/plugin_decision.hpp"
#include "ferrotunnel/plugin_body.hpp"
#include "ferrotunnel/plugin_session.hpp"
#include "ferrotunnel/plugin_tokens.hpp"
