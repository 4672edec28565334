// The server: gives clients public ports, and gives their HTTP services hosts.
//
//    auto server = ferrotunnel::Server::builder()
//                      .bind("0.0.0.0:7835")
//                      .add_token(ferrotunnel::Secret::from_file("/etc/ferrotunnel/token"))
//                      .build();
//    server.start();
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include "ferrotunnel/acme.hpp"
#include "ferrotunnel/apply.hpp"
#include "ferrotunnel/authenticate.hpp"
#include "ferrotunnel/cluster.hpp"
#include "ferrotunnel/control_handlers.hpp"
#include "ferrotunnel/credential.hpp"
#include "ferrotunnel/detail/operation.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/event.hpp"
#include "ferrotunnel/export.hpp"
#include "ferrotunnel/http_settings.hpp"
#include "ferrotunnel/https.hpp"
#include "ferrotunnel/log.hpp"
#include "ferrotunnel/passed_socket.hpp"
#include "ferrotunnel/plugin_info.hpp"
#include "ferrotunnel/plugin_limits.hpp"
#include "ferrotunnel/plugin_use.hpp"
#include "ferrotunnel/rights.hpp"
#include "ferrotunnel/secret.hpp"
#include "ferrotunnel/service_token.hpp"
#include "ferrotunnel/stats.hpp"
#include "ferrotunnel/stream.hpp"
#include "ferrotunnel/timing.hpp"
#include "ferrotunnel/traces.hpp"
#include "ferrotunnel/words.hpp"

namespace asio {
class io_context;
}

namespace ferrotunnel {

class Config;

namespace detail {
struct BuilderAccess;
struct EngineAccess;
struct ServerSettings;

class OpenAttempt;

/// A pending async_open: completes with a Stream when the client has connected it to its service.
class OpenOperation : public Operation<std::error_code, Stream> {
public:
    asio::any_io_executor executor;  // the one that the new Stream gets

protected:
    ~OpenOperation() = default;
};

/// The library's side of async_open.
FERROTUNNEL_EXPORT std::shared_ptr<OpenAttempt> make_attempt(OpenOperation* operation);
FERROTUNNEL_EXPORT void cancel_open(OpenAttempt& attempt) noexcept;
}  // namespace detail

/// The service that Server::async_open dials. It has constructors, and so is safe within `co_await` (see Tcp).
struct OpenTarget {
    OpenTarget(std::string service_in, std::string client_in = {})  // NOLINT(google-explicit-constructor)
        : service(std::move(service_in)), client(std::move(client_in)) {}
    OpenTarget(const char* service_in) : service(service_in) {}  // NOLINT(google-explicit-constructor)

    /// The service: its name or public endpoint as Server::tunnels() lists them, or ":port".
    std::string service;
    /// The name of the client that has the service (Client::Builder::name). Empty: any client with such a service; of
    /// several, one is chosen at random. In a cluster, services of clients at other members are found only without it,
    /// and only private ones by their name, and TCP ports by ":port".
    std::string client{};
    /// The name of the token (Builder::add_token) that the client must have logged in with. Clients choose their names
    /// freely, but the server has verified their token. Empty: any token.
    std::string token{};
    /// How long the client may take to connect the stream; errc::timed_out when exceeded. At most Timing::open_timeout,
    /// which also applies if this is 0. Negative: the operation fails at once.
    std::chrono::milliseconds timeout{0};
};

/// A handle to a server. All members may be called from any thread, except moves and the destructor, which belong to
/// one thread.
class FERROTUNNEL_EXPORT Server {
public:
    class Builder;
    class Impl;

    static Builder builder();

    /// Makes an empty handle, only good for assigning to: the endpoints, tls_pin() and tunnels() are empty, stats() is
    /// all zero, stop() returns errc::not_running, and the other members throw std::system_error with this code.
    Server() noexcept;
    Server(Server&&) noexcept;
    Server& operator=(Server&&) noexcept;
    /// Stops the server at once and joins its threads. Must not be called from one of the server's own callbacks. With
    /// run_on: call it on the io_context's thread, or while no thread runs the io_context, and before that is
    /// destroyed.
    ~Server();

    /// Listens for clients and visitors and begins to serve. Throws std::system_error whose text names the operation
    /// that failed, for instance "listen on 0.0.0.0:7835: Address already in use"; a second call fails with
    /// errc::already_running. The other one sets `ec` instead of throwing, unless this handle is empty.
    void start();
    void start(std::error_code& ec);

    /// The address where clients connect: that of bind(), with the port that the system chose for 0. Empty before
    /// start().
    std::string client_endpoint() const;
    [[deprecated("use client_endpoint()")]] std::string control_endpoint() const { return client_endpoint(); }
    /// The address where visitors of HTTP services connect: that of http_bind(), with the port that the system chose
    /// for 0. Empty before start() and without HTTP.
    std::string http_endpoint() const;
    /// The address where they connect by TLS: like http_endpoint(), for https_bind().
    std::string https_endpoint() const;
    /// The kind of visitors that a listener accepts.
    enum class Visitors {
        http,   ///< those of http_bind()
        https,  ///< those of https_bind(), with its certificates
    };
    /// Listens at one more address for visitors of HTTP services while the server runs, with the same rules, limits and
    /// proxies as the listener that start() made for them. The addresses reported to services stay those of that
    /// listener. Returns the address, with the port that the system chose for 0. Throws config_error if `address` is
    /// not a valid IP address and port ("0.0.0.0:8080"), and std::system_error if it cannot listen there, if the server
    /// does not run (errc::not_running), has accepted no such visitors since the start (errc::unsupported), or has 32
    /// such listeners already (errc::busy). Any thread except the server's own.
    std::string add_listener(Visitors visitors, const std::string& address);
    /// Stops listening at an address that add_listener() returned; visitors connected there continue. The address is
    /// free a moment later. Returns false if there is no such listener.
    bool remove_listener(const std::string& address);
    /// The address of the HTTP CONNECT listener, where visitors name their service: that of connect_bind(), with the
    /// port that the system chose for 0. Empty before start() and without connect_bind().
    std::string connect_endpoint() const;
    /// The server's public key as a client can pin it: "sha256:" and base64. Empty before start() and without TLS.
    std::string tls_pin() const;

    std::vector<TunnelInfo> tunnels() const;
    ServerStats stats() const;
    /// The traffic and responses of each service since start(), including services of clients that have left; see
    /// docs/metrics.md. Callable on any thread, as for the two above; it does not hold up traffic.
    std::vector<ServiceStats> service_stats() const;
    /// The threads that move bytes.
    std::vector<WorkerStats> worker_stats() const;
    /// The plugins of the current chain, in its order, without those that clients requested. Empty before start() and
    /// after stop(). Callable on any thread.
    std::vector<PluginInfo> plugins() const;

    /// The path of the control socket; empty if there is none.
    std::string control_socket() const;
    /// The listen address for metrics, with the port that the system chose for 0; empty if there is none.
    std::string metrics_endpoint() const;
    /// The listen address of the dashboard, with the port actually bound; empty if there is none.
    std::string dashboard_endpoint() const;
    /// dashboard_endpoint() as a URL for browsers, with "http://" or "https://".
    std::string dashboard_url() const;
    /// Set the handlers of the control socket's `reload` and `drain`. Without a handler they are refused. May be called
    /// at any time. Handlers for trials and comparisons: program.hpp.
    void on_reload(ReloadHandler handler);
    void on_drain(DrainHandler handler);
    /// Sets a handler that adds metrics of the application to the library's own. May be called at any time.
    void on_scrape(ScrapeHandler handler);
    /// The metrics as text, for an application that serves them itself: in Prometheus's text format, or in OpenMetrics
    /// including its end. Empty before start(). Callable on any thread.
    std::string metrics_text(bool open_metrics = false) const;
    /// Closes the connections of the client with this TunnelInfo::id at once. Its visitors are cut off; the client may
    /// reconnect, unless it is kept out: with a `keep_out` above zero it is refused until that time is over, and for a
    /// client that is kept out already the time begins again. A client is kept out by its token and its name, or
    /// without a name by its token and process. At most 1,024 clients are kept out; a restart of the server forgets
    /// them. Returns the number of clients that were disconnected or kept out. Throws std::system_error with
    /// errc::busy, and disconnects no client, if no more can be kept out. Callable on any thread.
    std::size_t kick(std::uint64_t id, std::chrono::milliseconds keep_out = std::chrono::milliseconds(0));
    /// Like kick(), for all clients with this name (Client::Builder::name), whatever their tokens.
    std::size_t kick_by_name(const std::string& name,
                             std::chrono::milliseconds keep_out = std::chrono::milliseconds(0));
    /// `client` is an id or else a name, so that a client may call itself like the id of another one.
    [[deprecated("use kick(id) or kick_by_name(name)")]] std::size_t kick(
        const std::string& client, std::chrono::milliseconds keep_out = std::chrono::milliseconds(0));

    /// Replaces the whole chain of plugins that requests of HTTP services pass (Builder::add_plugin), in this order.
    /// New requests use the new plugins; exchanges that have begun keep theirs, which are stopped and destroyed on a
    /// thread of the server after their last use. A plugin without any change stays as it is, even at another position;
    /// any other is made again and receives the previous instance of the same name and type (see plugin.hpp). Before
    /// start() it only sets the plugins that start() makes.
    ///
    /// Throws config_error with all problems and changes nothing if there are any, for example a plugin that cannot be
    /// made. Throws std::system_error with errc::not_running once stop() has been called, and with errc::would_deadlock
    /// on a worker, in the log sink, and while a plugin is made, started, stopped or destroyed. Several threads may
    /// call it, also during start(), which it waits for; changes are made one after the other. With run_on it may be
    /// called on the io_context's thread.
    void set_plugins(std::vector<PluginUse> plugins);

    /// Applies settings to the running server: their values are compared with the current ones, and only differences
    /// are applied, so that visitors of everything else notice nothing. All settings are checked first; if anything is
    /// wrong, the report has the problems and nothing was changed. Settings that cannot change while the server runs
    /// (docs/configuration.md lists those that can) are named in the report and stay as they are. The Builder is used
    /// up; its run_on(), its on_event() and the sink of its log() are ignored, but the level is applied.
    ///
    /// - Tokens: the sessions of a removed token end, and their clients receive the reason; a secret that stays one of
    ///   its token's (`also`) keeps its sessions. With other rights, services that the token may not have any more are
    ///   refused, and the others continue. Quotas apply to what is new.
    /// - Plugins: as set_plugins() does.
    /// - Certificates of https(): the next visitor gets the new ones.
    ///
    /// Any thread, also several at once: changes are made one after the other. Throws std::system_error with
    /// errc::not_running once stop() has been called, and with errc::would_deadlock on a worker, in the log sink, and
    /// while a plugin is made, started, stopped or destroyed. Before start() it sets the settings that start() uses.
    /// With run_on it may be called on the io_context's thread.
    ApplyReport apply(Builder builder);
    /// Applies the server section of a file.
    ApplyReport apply(const Config& config);

    /// Returns what apply() would return, without changing anything and without making new plugins.
    ApplyReport check(const Builder& builder) const;

    /// Adds a token that clients may log in with, as Builder::add_token does; works like apply() with all other
    /// settings unchanged. A name that is in use is reported as a problem.
    ApplyReport add_token(Secret token, std::string name, Rights rights = {}, Secret also = {});
    /// Removes the token of this name and ends its sessions. An unknown name, and the last token (unless tokens are
    /// looked up: Builder::authenticate), are reported as problems.
    ApplyReport remove_token(const std::string& name);

    /// Revokes a token that Builder::authenticate's handler has accepted, named by its id (ferrotunnel::token_id):
    /// forgets what was cached about it, ends its sessions, also those that wait to be resumed, and releases the hosts
    /// and ports that it has reserved. Calls of the handler for it that have no answer yet count as failed. At the
    /// other members of a cluster likewise, within a second, or when they are linked again within 24 h. It does not
    /// ban the token: the next login calls the handler again, so remove the user first. Returns whether the token was
    /// known here. Does nothing to tokens of the table: see remove_token(). Callable on any thread, also in the
    /// handler.
    bool revoke(const std::string& token_id);
    /// Forgets what was cached about a token, or about all: the next login calls the handler. Sessions continue.
    /// Callable on any thread.
    void forget_login(const std::string& token_id);
    void forget_logins();

    /// Opens the files of Builder::access_log() and Builder::audit_log() again by their names: call it after a file was
    /// renamed. No line is lost. Callable on any thread; does nothing without such a log.
    void reopen_access_log();

    /// Dials a service through its tunnel, as a visitor would, and completes when the client has connected the stream:
    /// `void(std::error_code, Stream)`. If a client has several connections, the one with the fewest visitors is used.
    /// A string as `target` is the service: `async_open("web", token)`, `async_open({"web", "alice"}, token)`. A stream
    /// to an HTTP service is raw: what is written to it reaches the backend unchanged. The Stream's executor is that of
    /// the handler, or get_executor(). Fails with errc::unknown_service, refused, timed_out, busy, connection_lost,
    /// session_closed or not_running, and with asio::error::operation_aborted when it is cancelled (all kinds of
    /// cancellation; the client then gives up).
    template <typename OpenToken>
    auto async_open(OpenTarget target, OpenToken&& token) {
        return asio::async_initiate<OpenToken, void(std::error_code, Stream)>(InitiateOpen{this}, token,
                                                                              std::move(target));
    }

    /// Accepts no new visitors and clients, lets open streams finish for at most `drain`, closes the rest with a reset
    /// and joins its threads.
    ///
    /// Returns no error if all streams finished, and errc::timed_out if some were cut, also if `drain` is zero (for
    /// HTTP services these may have been idle connections kept for the next request). Returns errc::would_deadlock, and
    /// does nothing, on a worker, in the event handler and in the log sink. With run_on it may be called on the
    /// io_context's thread, also in the event handler, if `drain` is zero. In the handler of `stopped` it returns no
    /// error if everything has ended by then.
    ///
    /// Several threads that call it get the same result when everything has ended; the shortest `drain` applies. After
    /// that a call does nothing, and streams fail with errc::session_closed. With run_on it waits up to three seconds
    /// longer for the io_context to send GOAWAY, and then ends without it: no code of this object runs there any
    /// more.
    std::error_code stop(std::chrono::milliseconds drain = std::chrono::milliseconds(0));

    /// The executor for handlers without one of their own: a worker, or the application's io_context. After the worker
    /// has stopped, submitted work runs on Asio's system executor. Timers and sockets made with this executor must not
    /// outlive this Server.
    asio::any_io_executor get_executor() const;

    // Old names, until 0.3.
    [[deprecated("use program::note_reload()")]] void note_reload(bool applied, std::string_view outcome = {});
    [[deprecated("use program::on_trial()")]] void on_trial(TrialHandler handler);
    [[deprecated("use program::on_trial_left()")]] void on_trial_left(TrialLeftHandler handler);
    [[deprecated("use program::on_compare()")]] void on_compare(CompareHandler handler);
    [[deprecated("use program::inherit()")]] void inherit(std::vector<PassedSocket> sockets);
    [[deprecated("use program::take_control_name()")]] void take_control_name();
    [[deprecated("use program::sockets()")]] std::vector<PassedSocket> sockets() const;
    [[deprecated("use program::socket_changes()")]] std::uint64_t socket_changes() const;
    [[deprecated("use program::is_replaced()")]] bool is_replaced() const;

    /// Only for the library.
    explicit Server(std::unique_ptr<Impl> impl) noexcept;

private:
    friend struct detail::EngineAccess;

    struct CancelOpen {
        std::weak_ptr<detail::OpenAttempt> attempt;
        void operator()(asio::cancellation_type_t type) const noexcept {
            if (auto alive = attempt.lock(); alive && type != asio::cancellation_type::none) {
                detail::cancel_open(*alive);
            }
        }
    };

    struct InitiateOpen {
        Server* server;

        template <typename Handler>
        void operator()(Handler&& handler, OpenTarget target) const {
            using Made =
                detail::HandlerOperation<detail::OpenOperation, std::decay_t<Handler>, std::error_code, Stream>;
            auto slot = asio::get_associated_cancellation_slot(handler);
            asio::any_io_executor fallback = server->get_executor();
            asio::any_io_executor executor = detail::executor_for(handler, fallback);
            auto* operation = Made::make(std::forward<Handler>(handler), fallback);
            operation->executor = std::move(executor);
            std::shared_ptr<detail::OpenAttempt> attempt = detail::make_attempt(operation);
            if (slot.is_connected()) {
                slot.assign(CancelOpen{attempt});
            }
            server->start_open(std::move(target), std::move(attempt));
        }
    };

    void start_open(OpenTarget target, std::shared_ptr<detail::OpenAttempt> attempt) noexcept;

    std::unique_ptr<Impl> impl_;
};

/// Collects the settings of a Server; each call replaces what an earlier one set, except add_token() and add_plugin().
/// Only a token, or authenticate(), is required. A Builder holds secrets, so it can be moved but not copied: to keep
/// one, declare `Server::Builder builder;` and then call its members.
class FERROTUNNEL_EXPORT Server::Builder {
public:
    static constexpr const char* tcp_bind_default = "0.0.0.0";

    Builder();
    Builder(Builder&&) noexcept;
    Builder& operator=(Builder&&) noexcept;
    ~Builder();

    /// Sets the address where clients connect. Default "0.0.0.0:7835"; port 0: the system chooses, see
    /// client_endpoint().
    Builder& bind(std::string address) { return set("bind", std::move(address)); }
    /// Sets the local address of the public ports, without a port. Default "0.0.0.0".
    Builder& tcp_bind(std::string address) { return set("tcp_bind", std::move(address)); }
    /// Sets the host name of this machine in the endpoints that tunnels() lists. Default: the address of tcp_bind(); if
    /// that means every address, clients show the host that they connected to.
    Builder& public_host(std::string host) { return set("public_host", std::move(host)); }

    /// Sets the address where visitors of HTTP services connect: "0.0.0.0:8080"; port 0: the system chooses, see
    /// http_endpoint(). Default: none, and HTTP services are refused. (The program listens on port 8080 by default.)
    /// words::off: none. If `needed` is false and it cannot listen there, start() logs that and continues without HTTP.
    /// It listens at `fallback`, if that is not empty, if `address` is in use or not permitted, as port 80 may be, and
    /// logs a warning. (The program does so with acme(): at port 8080, and for https_bind() at 8443.)
    Builder& http_bind(std::string address, bool needed = true, std::string fallback = {});
    /// Sets the address where visitors of HTTP services connect with TLS: "0.0.0.0:8443"; otherwise like http_bind().
    /// https() sets the certificates; without any, visitors reach only services whose TLS is passed through. start()
    /// fails if there are certificates and none can be used. With this listener, the address of an HTTP service begins
    /// with https:// if there is a certificate for its host.
    Builder& https_bind(std::string address, bool needed = true, std::string fallback = {});
    /// Sets the address where holders of a token reach the TCP services (private ones too) of that token's clients by
    /// name, through HTTP CONNECT (RFC 9110, 9.3.6): `CONNECT service:port`, or `service.client:port`, whatever the
    /// port; the token is the password of Proxy-Authorization (Basic). "127.0.0.1:3128"; port 0: the system chooses,
    /// see connect_endpoint(). Tokens are sent to it without TLS, so make it reachable from this machine only. Default:
    /// none; words::off: none.
    Builder& connect_bind(std::string address) { return set("connect_bind", std::move(address)); }
    /// Set the TCP services, which may be private, for visitors of a port that several protocols share: ssh_service()
    /// for SSH, silent_service() for visitors that send nothing for 2 s, since in their protocol the server speaks
    /// first. "service" or "service.client", with several tokens followed by "@token". bind(), http_bind() and
    /// https_bind() share a port if they are identical and the port is not 0. Default: none; such visitors are
    /// rejected.
    Builder& ssh_service(std::string service) { return set("ssh_service", std::move(service)); }
    Builder& silent_service(std::string service) { return set("silent_service", std::move(service)); }
    /// Sets the certificates and rules for https_bind(); replaces all of them.
    Builder& https(Https https);
    /// Gets certificates for https_bind() from a CA (ACME, by default Let's Encrypt); replaces all settings of that.
    /// Needs https_bind() and state_dir(). start() does not wait for certificates. Default, and std::nullopt: none.
    Builder& acme(std::optional<Acme> acme);
    /// Makes this server a member of a cluster, several servers behind one name; replaces all settings of that. start()
    /// does not wait for other members. Default, and std::nullopt: this server is alone.
    Builder& cluster(std::optional<Cluster> cluster);
    /// Sets the proxies and load balancers in front that send the PROXY protocol, version 1 or 2: "10.0.0.0/8", "::1".
    /// Visitors' connections (HTTP, HTTPS, public ports) from there must begin with such a header, and its source is
    /// the visitor; connections from elsewhere are used as they are, whatever they begin with. Default: none.
    Builder& proxy_protocol_from(std::vector<std::string> networks) {
        return set("proxy_protocol_from", std::move(networks));
    }
    /// Sets the domain below which HTTP services that name no host are given one, "k7rw2vbd.tunnel.example.com". Its
    /// DNS entries (`*.tunnel.example.com`) must point here. Default: services without a host are refused.
    Builder& domain(std::string name) { return set("domain", std::move(name)); }
    /// Sets deadlines, limits, trusted proxies and pages of the HTTP edge; replaces all of them.
    Builder& http_settings(HttpServerSettings settings);

    /// Adds a token that clients may log in with, with rights of its own; call it again for more. The first call
    /// replaces the tokens of a configuration file. `name` is for logs and tunnels(); empty: "token-1" and so on.
    /// `also`: a second secret that is also accepted, while clients change from one to the other; hosts and ports
    /// belong to the first. When a secret is replaced, the new one is `token` and the old one `also`.
    Builder& add_token(Secret token, std::string name = {}, Rights rights = {}, Secret also = {});
    [[deprecated("use add_token()")]] Builder& token(Secret token, std::string name = {}, Rights rights = {},
                                                     Secret also = {}) {
        return add_token(std::move(token), std::move(name), std::move(rights), std::move(also));
    }
    /// Sets the function that looks up tokens which are not in the server's table, the tokens of add_token(): the table
    /// comes first, and with a handler it may be empty. The handler is called for each login with an id that is not in
    /// the table (or whose proof does not match there), unless AcceptedLogin::cache_for covers it, and not when a
    /// session is resumed here. It gets the id and answers with the secret, a name and rights, at once or later.
    ///
    /// It is called on a thread of its own, one call at a time, so it may block, which delays other logins only; with
    /// run_on() it is called inside the io_context and must not block. It must outlive the Server's destruction. It may
    /// call the Server, except stop() and the destructor.
    ///
    /// A session keeps the rights that it began with for what it has registered, until the token is revoked or expires
    /// (Rights::expires); a later login of the same token brings its rights for everything new. apply() does not change
    /// the handler. Default: none.
    Builder& authenticate(AuthenticateHandler handler, AuthenticateLimits limits = {});
    /// Sets the services that must prove a token of their own, in addition to their client's login; up to 256. Replaces
    /// those that were set before. Default: none.
    Builder& guarded_services(std::vector<GuardedService> services);
    /// Accepts weak tokens (not made by `ferrotunnel token`) even if bind() is not a loopback address. Default:
    /// refused.
    Builder& allow_weak_token(bool allow = true) { return set("allow_weak_token", allow); }
    /// Sets the public ports that clients may use: "2222,8000-8100". Default: every port from 1024 on.
    Builder& allow_ports(std::string ports) { return set("allow_ports", std::move(ports)); }

    /// Sets the maximum number of connections of all clients of a token together, 1 to 4,096; ports_per_token() that of
    /// public ports, 1 to 65,535. A client beyond that is refused (errc::busy) and retries. Default: all of them with
    /// one token; 3,584 and 14,000 with several tokens, so that no token keeps the others' clients out.
    Builder& connections_per_token(unsigned count) { return set("connections_per_token", std::uint64_t{count}); }
    Builder& ports_per_token(unsigned count) { return set("ports_per_token", std::uint64_t{count}); }

    /// Sets how long, up to 60 s, visitors of a public port wait after the last client of its service has left, or
    /// after the start of a server that remembers the port (state_dir()). A client that reconnects by then gets them in
    /// order of arrival. Connections of visitors that still wait then are closed with a reset, and the port is closed.
    /// Default: 3 s; 0: they are closed at once. For HTTP and TLS services see HttpServerSettings::hold.
    Builder& hold(std::chrono::milliseconds time) { return set("hold", time); }
    /// Sets the number of threads, up to 256; 0 (the default): one per core.
    Builder& workers(std::size_t count) { return set("workers", std::uint64_t{count}); }
    /// Sets how long visitors wait while a lost tunnel connection is restored: 5 s to 5 min, or 0 (the default): their
    /// connections are closed with a reset. Both sides must set it; the shorter time applies, from the last byte
    /// received.
    Builder& resume(std::chrono::milliseconds time) { return set("resume", time); }
    /// With `resume`: sets the memory of each connection for bytes that the other side has not confirmed, 1 MiB to 1
    /// GiB. Default: 16 MiB.
    Builder& resume_memory(std::uint64_t bytes) { return set("resume_memory", bytes); }
    /// Sets how long, in microseconds up to 1,000, a thread that has run out of work polls for more before it sleeps. 0
    /// (the default): it sleeps at once. It polls only while short pieces of work arrive in quick succession, and while
    /// no other thread needs its processor. With 50, a request and its response between idle machines take half as
    /// long, for processor time that would have been idle; do not use it where processor time is limited or paid for.
    /// Has no effect with run_on(), or once timers or sockets of the application run on the thread through
    /// get_executor().
    Builder& busy_poll(unsigned microseconds) { return set("busy_poll", std::uint64_t{microseconds}); }
    /// Limits the memory for visitors' data, over all clients, in bytes: at least 16 MiB; 0 (the default): a quarter of
    /// the memory of the machine or container. Beyond half of the limit, windows and send queues are kept small; beyond
    /// the limit, connections of visitors that do not read, or whose service does not, are closed with a reset, first
    /// those of the token that holds most. With several tokens, a single one gets at most half.
    Builder& memory_max(std::uint64_t bytes) { return set("memory_max", bytes); }
    /// Adds a plugin to the chain for requests and responses of HTTP services, and for sessions (see plugin.hpp), after
    /// those that were added before; up to 56, or 64 if clients may request none. start() fails if it cannot be made.
    Builder& add_plugin(PluginUse use);
    [[deprecated("use add_plugin()")]] Builder& plugin(PluginUse use) { return add_plugin(std::move(use)); }
    /// Sets the plugins that clients may request for their own services (Http::plugins), instead of the default: auth,
    /// ip-filter and rate-limit as they are shipped. Empty: a service that requests any is refused. They run after the
    /// server's own.
    Builder& client_plugins(std::vector<ClientPlugin> types);
    /// Sets the path of the control socket, through which `ferrotunnel status` and Control reach this server, or
    /// words::default_place: server.sock in $RUNTIME_DIRECTORY, /run/ferrotunnel (root) or
    /// $XDG_RUNTIME_DIR/ferrotunnel. Only this user and root have access. Its folder is created with mode 0700; others
    /// must not be able to write into it. If a running program has that socket, this one gets a name with the process
    /// id: control_socket(). If it cannot be created, start() fails; in the usual place start() logs that and
    /// continues. words::off (the default): none.
    Builder& control(std::string path) { return set("control", std::move(path)); }
    /// Sets the listen address for Prometheus metrics of this server over HTTP: an IP address with a port (0: the
    /// system chooses, metrics_endpoint()), or words::default_place for 127.0.0.1:7836. There is no login. If it cannot
    /// listen there, start() fails. words::off (the default): none. docs/metrics.md lists the metrics.
    Builder& metrics(std::string address) { return set("metrics", std::move(address)); }
    /// Sets the listen address of the dashboard: an address with a port (0: the system chooses, dashboard_endpoint()),
    /// or words::default_place for 127.0.0.1:7837 or the next free port. A loopback address admits this user and root
    /// only; any other address needs dashboard_token_file() and dashboard_tls(). If it cannot listen there, start()
    /// fails; in the usual place start() logs that and continues. words::off (the default): none.
    Builder& dashboard(std::string address) { return set("dashboard", std::move(address)); }
    /// Admits anyone who logs in with the secret in this file, instead of this user and root. start() throws
    /// std::system_error if the file cannot be read, or has fewer than 16 bytes.
    Builder& dashboard_token_file(std::string file) { return set("dashboard_token_file", std::move(file)); }
    /// Enables TLS for the dashboard with this certificate chain and key, PEM. start() fails if they cannot be used.
    Builder& dashboard_tls(std::string chain_file, std::string key_file) {
        return set("dashboard_tls_cert", std::move(chain_file)).set("dashboard_tls_key", std::move(key_file));
    }
    /// Sets the access log, with a line for each finished request of an HTTP visitor: a file, which is created with
    /// mode 0640, or "stdout" or "stderr". Threads that serve visitors never wait for it: lines that cannot be written
    /// in time are dropped, and the log reports how many. start() fails if the file cannot be opened. The last lines
    /// are written when the Server is destroyed. words::off (the default): none.
    Builder& access_log(std::string path) { return set("access_log", std::move(path)); }
    /// Sets the format of its lines: "combined" (the default), "json", or a template; docs/operations.md lists the
    /// fields.
    Builder& access_log_format(std::string format) { return set("access_log_format", std::move(format)); }
    /// Sets the query parameters whose values are masked in the lines; replaces the default (token, key, password and
    /// the like). "*": all. Empty: none.
    Builder& access_log_mask(std::vector<std::string> names) { return set("access_log_mask", std::move(names)); }
    /// Sets the audit log: a file, which is created with mode 0640, or "stdout" or "stderr". It has a line of JSON for
    /// each login and its refusal, each service and its refusal, each act of an administrator and each change of the
    /// settings; each line has the hash of the one before, which verify_audit_log() checks (audit_log.hpp). No thread
    /// waits for it: what cannot be written in time is lost, and a line of the log has the number. start() fails if the
    /// file cannot be opened, or has other content. docs/operations.md lists the events. words::off (the default):
    /// none.
    Builder& audit_log(std::string path) { return set("audit_log", std::move(path)); }
    /// Sets the collector that receives traces of requests; replaces all trace settings. start() fails if `ca_file`
    /// cannot be read. Default: none.
    Builder& traces(Traces traces);
    /// Sets how long plugins may delay others, and how much memory they may hold meanwhile.
    Builder& plugin_limits(const PluginLimits& limits);
    /// Runs the server inside this io_context instead of on threads of its own. Exactly one thread must run the
    /// io_context, and it must outlive the Server.
    Builder& run_on(asio::io_context& context);

    /// Turns encryption on (the default) or off. Without it tokens are still never sent, but anyone on the network path
    /// can read and modify all traffic.
    Builder& tls(bool on) { return set("tls", on); }
    [[deprecated("use tls(false)")]] Builder& tls_off(bool off = true) { return tls(!off); }
    /// Sets a certificate chain and its key, as PEM files. Default: a self-signed one, kept in the state directory.
    Builder& tls_certificate(std::string chain_file, std::string key_file);
    /// Sets a certificate from memory instead of files. After Credential::replace(), tls_pin() is that of the new one.
    Builder& tls_certificate(Credential credential);
    /// Sets the folder for the self-signed certificate and for the hosts and ports of each token, so that they outlive
    /// a restart; it is created with mode 0700 if needed. Empty (the default): the certificate is made again at each
    /// start and kept in memory, so that its pin changes, and hosts and ports are forgotten.
    Builder& state_dir(std::string directory) { return set("state_dir", std::move(directory)); }

    /// Sets the deadlines and intervals; replaces all of them.
    Builder& timing(const Timing& timing);
    /// Sets the handler of the server's events. Default: none.
    Builder& on_event(EventHandler handler);
    /// Sets where log lines of this level and above go. Default: nothing is logged.
    Builder& log(LogSink sink, LogLevel level = LogLevel::info);

    /// Makes the Server; throws config_error with all problems. The Builder must not be used afterwards.
    Server build();
    /// Like build(), but does not throw: if it fails, it returns no Server and appends the problems.
    std::optional<Server> try_build(std::vector<Problem>& problems);
    /// Returns the problems that can be found without making anything; the Builder stays as it is.
    std::vector<Problem> check() const;

private:
    friend struct detail::BuilderAccess;

    /// `setting`: its key in a configuration file. T must be the type of a setting.
    template <typename T>
    Builder& set(std::string_view setting, T value);

    std::unique_ptr<detail::ServerSettings> settings_;
};

}  // namespace ferrotunnel
