// Session hooks for plugins in C++, a part of plugin.hpp: visitors of TCP and TLS passthrough services, logins of
// clients, and registrations of services.
//
//    class Office final : public ferrotunnel::plugin::Plugin {
//    public:
//        static constexpr ferrotunnel::plugin::Description description{.name = "office", .version = "1", .guard =
//        true};
//
//        Decision on_connect(Visitor& visitor) override {
//            return visitor.address().starts_with("192.0.2.") ? Decision::go_on() : Decision::refuse("not from the
//            office");
//        }
//    };
//
// A guard that fails refuses. Hooks run on the server's workers, and must not block: slow decisions use `later`, for 5
// s at most by default, and 1,024 of a worker may wait, half of them for one instance.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ferrotunnel/plugin.hpp"
#include "ferrotunnel/plugin_abi.h"

namespace ferrotunnel::plugin {

/// A pending decision on a Visitor, Login or Registration; like Later for an exchange.
template <typename Subject>
class LaterOf {
public:
    explicit LaterOf(ft_later handle) noexcept : handle_(handle) {}
    LaterOf(LaterOf&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
    LaterOf& operator=(LaterOf&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~LaterOf() {
        if (handle_.ticket != nullptr) {
            detail::api.session->drop(handle_);
        }
    }

    /// Calls `then`, a Decision(Subject&), on the subject's worker, unless the subject has ended or its deadline has
    /// passed. Callable on any thread. `then` is destroyed in any case: on the worker, or here.
    template <typename Function>
    void resume(Function then) && {
        auto kept = std::make_unique<Function>(std::move(then));
        const ft_later handle = std::exchange(handle_, {});
        detail::api.session->resume(handle, &run<Function>, kept.release(),
                                    [](void* user) { delete static_cast<Function*>(user); });
    }
    /// Decides without access to the subject. Callable on any thread.
    void decide(Decision decision) && {
        auto shared = std::make_shared<Decision>(std::move(decision));
        std::move(*this).resume([shared](Subject&) { return std::move(*shared); });
    }

private:
    template <typename Function>
    static ft_decision run(ft_subject* raw, void* user) noexcept {
        return detail::guarded("what it gave to LaterOf::resume()", [&] {
            Subject subject(raw);
            return (*static_cast<Function*>(user))(subject).settle(raw);
        });
    }

    ft_later handle_;
};

namespace detail {

/// Common base of the three subjects. Texts are valid until the hook returns.
class SubjectBase {
public:
    explicit SubjectBase(ft_subject* subject) noexcept : subject_(subject) {}
    SubjectBase(const SubjectBase&) = delete;
    SubjectBase& operator=(const SubjectBase&) = delete;

    /// The address of the visitor, as reported by a trusted proxy if there is one, or of the client. Without port.
    Text address() const { return text(FT_SUBJECT_ADDRESS); }
    std::uint16_t address_port() const { return static_cast<std::uint16_t>(number(FT_SUBJECT_ADDRESS_PORT)); }
    /// The name of the client's token, never the secret.
    Text token() const { return text(FT_SUBJECT_TOKEN); }
    /// The client's process: 32 hex digits that its tunnel connections have in common.
    Text client() const { return text(FT_SUBJECT_CLIENT); }
    /// The client's own name; any text, or empty.
    Text client_name() const { return text(FT_SUBJECT_CLIENT_NAME); }

    /// A note that plugins share; empty if there is none. Registrations see the notes of their login, and visits those
    /// of their service's registration. Up to 32 notes.
    Text note(Text name) const { return view(api.session->note(subject_, detail::text(name))); }
    bool set_note(Text name, Text value) {
        return api.session->set_note(subject_, detail::text(name), detail::text(value)) != 0;
    }

    /// The state of this instance for this visitor, until on_visit_close has returned; for a login or registration,
    /// until it is decided. Made on the first call. An instance has one type of state.
    template <typename State>
    State& state() {
        void* state = api.session->state(subject_);
        if (state == nullptr) {
            auto made = std::make_unique<State>();
            state = made.get();
            api.session->set_state(subject_, made.release(), [](void* old) { delete static_cast<State*>(old); });
        }
        return *static_cast<State*>(state);
    }

protected:
    ~SubjectBase() = default;

    Text text(std::uint32_t what, std::size_t nth = 0) const { return view(api.session->text(subject_, what, nth)); }
    std::uint64_t number(std::uint32_t what) const { return api.session->number(subject_, what); }
    ft_subject* raw() const noexcept { return subject_; }
    Text metadata_of_client(Text key) const {
        for (std::size_t i = 0; i < number(FT_SUBJECT_CLIENT_METADATA); ++i) {
            if (text(FT_SUBJECT_CLIENT_METADATA_KEY, i) == key) {
                return text(FT_SUBJECT_CLIENT_METADATA_VALUE, i);
            }
        }
        return {};
    }
    std::vector<std::pair<Text, Text>> all_metadata_of_client() const {
        std::vector<std::pair<Text, Text>> all;
        for (std::size_t i = 0; i < number(FT_SUBJECT_CLIENT_METADATA); ++i) {
            all.emplace_back(text(FT_SUBJECT_CLIENT_METADATA_KEY, i), text(FT_SUBJECT_CLIENT_METADATA_VALUE, i));
        }
        return all;
    }
    ft_later owe(std::chrono::nanoseconds timeout) {
        return api.session->later(subject_, static_cast<std::uint64_t>(timeout.count()));
    }

private:
    ft_subject* subject_;
};

}  // namespace detail

/// A visitor of a TCP or TLS passthrough service, before any of its bytes are forwarded. If its tunnel
/// connection is lost meanwhile, it moves to another one without calling plugins again.
class Visitor final : public detail::SubjectBase {
public:
    using SubjectBase::SubjectBase;

    Text service() const { return text(FT_SUBJECT_SERVICE); }
    /// Whether it is a visitor of a TLS passthrough service, which requests host().
    bool is_tls() const { return text(FT_SUBJECT_KIND) == "tls"; }
    /// Whether it is an address that sends datagrams. Plugins are called once for it, and it ends after the service's
    /// idle time. A refused one is dropped for that long, and plugins are called again if it still sends then.
    bool is_udp() const { return text(FT_SUBJECT_KIND) == "udp"; }
    /// The host that a TLS visitor requests. It proves nothing about the visitor.
    Text host() const { return text(FT_SUBJECT_HOST); }
    /// The public port of a TCP or UDP service.
    std::uint16_t port() const { return static_cast<std::uint16_t>(number(FT_SUBJECT_PORT)); }

    /// Decides later: `begin(LaterOf<Visitor>)` is called now. Meanwhile the visitor's bytes stay in the kernel. A wait
    /// longer than `timeout` (0: the server's limit, which is also the maximum) is a failure.
    template <typename Begin>
    Decision later(Begin begin, std::chrono::nanoseconds timeout = std::chrono::nanoseconds(0)) {
        const ft_later handle = owe(timeout);
        if (handle.ticket == nullptr) {
            return Decision::fail();  // too many wait
        }
        begin(LaterOf<Visitor>(handle));
        return Decision(FT_LATER);
    }
};

using Visit [[deprecated("use Visitor")]] = Visitor;

/// The result of a visit.
struct VisitOutcome {
    enum class End : std::uint32_t {
        refused = FT_VISIT_REFUSED,    // by a plugin, or because one failed
        unserved = FT_VISIT_UNSERVED,  // no client accepted it, or it ended before
        served = FT_VISIT_SERVED,
    } end = End::unserved;
    std::uint64_t received_bytes = 0;  // from the visitor
    std::uint64_t sent_bytes = 0;
    std::chrono::nanoseconds duration{0};

    static VisitOutcome of(const ft_visit_outcome& told) noexcept {
        return {static_cast<End>(told.end), told.received_bytes, told.sent_bytes,
                std::chrono::nanoseconds(told.duration_ns)};
    }
};

/// The login of a client's tunnel connection whose token is proved, before it replaces an older one.
class Login final : public detail::SubjectBase {
public:
    using SubjectBase::SubjectBase;

    /// The client's program and version, as reported by the client.
    Text agent() const { return text(FT_SUBJECT_AGENT); }
    /// The version of the protocol.
    std::uint32_t version() const { return static_cast<std::uint32_t>(number(FT_SUBJECT_VERSION)); }
    /// The number of this tunnel connection, from 1, and the number of the client's tunnel connections.
    std::uint32_t connection() const { return static_cast<std::uint32_t>(number(FT_SUBJECT_TRUNK)); }
    std::uint32_t connections() const { return static_cast<std::uint32_t>(number(FT_SUBJECT_TRUNKS)); }
    /// The client's own metadata: a value by its key, or empty; and all of it. It proves nothing.
    Text client_metadata(Text key) const { return metadata_of_client(key); }
    std::vector<std::pair<Text, Text>> client_metadata() const { return all_metadata_of_client(); }
    [[deprecated("use connection()")]] std::uint32_t trunk() const { return connection(); }
    [[deprecated("use connections()")]] std::uint32_t trunks() const { return connections(); }

    /// Like Visitor::later, within the time limit of a login.
    template <typename Begin>
    Decision later(Begin begin, std::chrono::nanoseconds timeout = std::chrono::nanoseconds(0)) {
        const ft_later handle = owe(timeout);
        if (handle.ticket == nullptr) {
            return Decision::fail();
        }
        begin(LaterOf<Login>(handle));
        return Decision(FT_LATER);
    }
};

enum class Limit : std::uint32_t {
    connect_ms = FT_LIMIT_CONNECT_MS,
    first_byte_ms = FT_LIMIT_FIRST_BYTE_MS,
    upgraded_idle_ms = FT_LIMIT_UPGRADED_IDLE_MS,
    body_rate = FT_LIMIT_BODY_RATE,
    body_max = FT_LIMIT_BODY_MAX,
    upgrades = FT_LIMIT_UPGRADES,
};

/// A service that a client registers. After the plugins it is checked like every service.
class Registration final : public detail::SubjectBase {
public:
    using SubjectBase::SubjectBase;

    Text service() const { return text(FT_SUBJECT_SERVICE); }
    /// "tcp", "udp", "tls", "http" or "private".
    Text kind() const { return text(FT_SUBJECT_KIND); }
    /// The requested public port; 0: any.
    std::uint16_t port() const { return static_cast<std::uint16_t>(number(FT_SUBJECT_PORT)); }
    /// The requested address of the server for the port; empty: the server's choice.
    Text bind() const { return text(FT_SUBJECT_BIND); }
    /// The requested hosts, in normal form. None: the server assigns one.
    std::size_t hosts() const { return static_cast<std::size_t>(number(FT_SUBJECT_HOSTS)); }
    Text host(std::size_t nth = 0) const { return text(FT_SUBJECT_HOST, nth); }
    Text path() const { return text(FT_SUBJECT_PATH); }
    /// Metadata of the service from the client, uninterpreted. The protocol supports it, but neither the program nor
    /// Client::builder() sets it yet, so it is empty unless the client is another program.
    Text metadata() const { return text(FT_SUBJECT_METADATA); }

    /// The client's own metadata, as Login::client_metadata.
    Text client_metadata(Text key) const { return metadata_of_client(key); }
    std::vector<std::pair<Text, Text>> client_metadata() const { return all_metadata_of_client(); }

    /// Replaces the hosts of the service, 1 to 16. False if this kind of service has no hosts.
    bool set_hosts(const std::vector<std::string>& hosts) {
        std::vector<ft_text> all;
        for (const std::string& host : hosts) {
            all.push_back(detail::text(host));
        }
        return detail::api.session->set_hosts(raw(), all.data(), all.size()) != 0;
    }
    /// Sets a limit of an HTTP service instead of the client's, within the server's own limits.
    bool set_limit(Limit limit, std::uint64_t value) {
        return detail::api.session->set_limit(raw(), static_cast<std::uint32_t>(limit), value) != 0;
    }

    /// Like Visitor::later.
    template <typename Begin>
    Decision later(Begin begin, std::chrono::nanoseconds timeout = std::chrono::nanoseconds(0)) {
        const ft_later handle = owe(timeout);
        if (handle.ticket == nullptr) {
            return Decision::fail();
        }
        begin(LaterOf<Registration>(handle));
        return Decision(FT_LATER);
    }
};

}  // namespace ferrotunnel::plugin
