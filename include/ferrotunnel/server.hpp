// The server: gives clients public ports, and gives their HTTP services hosts.
//
//    auto server = ferrotunnel::Server::builder()
//                      .bind("0.0.0.0:7835")
//                      .token(ferrotunnel::Secret::from_file("/etc/ferrotunnel/token"))
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

#include "ferrotunnel/apply.hpp"
#include "ferrotunnel/control_handlers.hpp"
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

namespace asio {
class io_context;
}

namespace ferrotunnel {

class Config;

namespace detail {
struct BuilderAccess;
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
    /// The name of the client that has the service (Client::Builder::name). Empty: any client with such a service;
    /// where there are several, chance decides.
    std::string client{};
    /// The name of the token (Builder::token) that the client must have logged in with. What clients call themselves
    /// is their own word; which token they have, the server has verified. Empty: any token.
    std::string token{};
    /// How long the client may take to connect the stream; then errc::timed_out. At most Timing::open_timeout, which
    /// also counts where this is 0. Below 0: it fails at once.
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
    /// all zero, stop() returns errc::not_running, and the other members throw std::system_error with that.
    Server() noexcept;
    Server(Server&&) noexcept;
    Server& operator=(Server&&) noexcept;
    /// Stops the server at once and joins its threads. Must not be called from one of the server's own callbacks. With
    /// run_on: call it on the io_context's thread, or while no thread runs the io_context, and before that is gone.
    ~Server();

    /// Binds the control port and begins to serve. Throws std::system_error whose text says what could not be done, for
    /// instance "listen on 0.0.0.0:7835: Address already in use"; a second call fails with errc::already_running.
    void start();
    void start(std::error_code& ec);

    /// The address where clients connect: that of bind(), with the port that the system chose for 0. Empty before
    /// start().
    std::string control_endpoint() const;
    /// The address where visitors of HTTP services connect: that of http_bind(), with the port that the system chose
    /// for 0. Empty before start() and without HTTP.
    std::string http_endpoint() const;
    /// The address where they connect by TLS: like http_endpoint(), for https_bind().
    std::string https_endpoint() const;
    /// Which visitors come to a listener.
    enum class Visitors {
        http,   ///< those of http_bind()
        https,  ///< those of https_bind(), with its certificates
    };
    /// Listens at one more address for visitors of HTTP services while the server runs, in all like the one that
    /// start() has made for them: rules, caps, proxies. Services are told the addresses of that one. Returns the
    /// address, with the port that the system chose for 0. Throws config_error where `address` is not a valid IP
    /// address and port ("0.0.0.0:8080"), and std::system_error where it cannot listen there, where the server does not
    /// run (errc::not_running), takes no such visitors from the start on (errc::unsupported), or has 32 already
    /// (errc::busy). Any thread but the server's own.
    std::string add_listener(Visitors visitors, const std::string& address);
    /// Takes no more visitors at an address that add_listener() has returned; those who have come there continue. It is
    /// free a moment later. False: there is none.
    bool remove_listener(const std::string& address);
    /// The address where visitors name the service that they want: that of connect_bind(), with the port that the
    /// system chose for 0. Empty before start() and without connect_bind().
    std::string connect_endpoint() const;
    /// The server's public key as a client can pin it: "sha256:" and base64. Empty before start() and with tls_off.
    std::string tls_pin() const;

    std::vector<TunnelInfo> tunnels() const;
    ServerStats stats() const;
    /// What each service has moved and answered since start(), also of clients that have gone; docs/metrics.md. Any
    /// thread, as the two above; nothing that moves bytes waits for it.
    std::vector<ServiceStats> service_stats() const;
    /// The threads that move bytes.
    std::vector<WorkerStats> worker_stats() const;
    /// The plugins of the chain that requests pass now, in its order, without those that clients have asked for. Empty
    /// before start() and after stop(). Any thread.
    std::vector<PluginInfo> plugins() const;

    /// Where the control socket is; empty while there is none.
    std::string control_socket() const;
    /// Where metrics are read, with the port that the system chose for 0; empty while they are read nowhere.
    std::string metrics_endpoint() const;
    /// Where the dashboard is, with the port that it has got; empty while there is none.
    std::string dashboard_endpoint() const;
    /// The same for browsers: with "http://" or "https://".
    std::string dashboard_url() const;
    /// Set what the control socket's `reload`, `reload --try`, `config diff` and `drain` do; without that they are
    /// refused. At any time.
    void on_reload(ReloadHandler handler);
    /// Counts for metrics that the configuration was read again, by whomever, and whether it was `applied`.
    void note_reload(bool applied);
    /// The same, with what has changed, or why it was refused: for the log and the event.
    void note_reload(bool applied, std::string_view outcome);
    /// Sets what stands behind our own families where metrics are read. At any time.
    void on_scrape(ScrapeHandler handler);
    /// What is read there, for an application that has a place for metrics itself: Prometheus's text format, or
    /// OpenMetrics with its end. Empty before start(). Any thread.
    std::string metrics_text(bool open_metrics = false) const;
    void on_trial(TrialHandler handler);
    void on_trial_left(TrialLeftHandler handler);
    void on_compare(CompareHandler handler);
    void on_drain(DrainHandler handler);
    /// Ends the connections of the client whose TunnelInfo::id this is, or else of all those with this name, at once:
    /// their visitors are cut, and they may come back. Returns how many clients that were. Any thread.
    std::size_t kick(const std::string& client);
    /// The same, and refuses these clients until the time is over; of a client that is kept out already, that time
    /// begins again. A client is known by its token and the name that it gives itself; without a name, by its token and
    /// process. At most 1,024 are kept out, and a server that is started again has forgotten them. Returns how many
    /// clients that were. Throws std::system_error with errc::busy where no more can be kept out: nobody had to go.
    std::size_t kick(const std::string& client, std::chrono::milliseconds keep_out);

    /// Replaces the plugins that requests of HTTP services pass (Builder::plugin), all of them, in this order. Requests
    /// that come from now on have the new ones; exchanges that have begun keep those they began with, which are stopped
    /// and destroyed, on a thread of the server's, when nobody has them any more. A plugin of which neither settings
    /// nor anything else has changed stays as it is, wherever it now stands; any other is made again, and given the one
    /// of the same name and type that was there before (see plugin.hpp). Before start() it only says what start()
    /// makes.
    ///
    /// Throws config_error with all problems, and nothing is changed: one of them cannot be made, say. Throws
    /// std::system_error with errc::not_running once stop() has been called, and with errc::would_deadlock on a worker,
    /// in the log sink, and while a plugin is made, started, stopped or destroyed. Several threads may call it, also
    /// during start(), which it waits for; one change is made after the other. With run_on it may be called on the
    /// io_context's thread.
    void set_plugins(std::vector<PluginUse> plugins);

    /// Applies settings to the running server: they are compared with those that it has, as values, and only what has
    /// changed is touched, so that visitors of everything else notice nothing. All of them are checked first; where
    /// anything is wrong, the report has the problems and nothing was changed. What cannot change while it runs
    /// (docs/configuration.md lists what can) is named in the report and stays as it is. The Builder is used up; its
    /// run_on() and on_event() do not count, and neither does the sink of log(), only the level.
    ///
    /// - Tokens: the sessions of a token that is gone end, and their clients are told why; a secret that stays one of
    ///   its token's (`also`) keeps its sessions. With other rights, services that the token has no right to any more
    ///   are refused, and those that it still may have continue. Quotas hold for what comes from then on.
    /// - Plugins: as set_plugins() does.
    /// - Certificates of https(): the next visitor is shown the new ones.
    ///
    /// Any thread, also several at once: one change is made after the other. Throws std::system_error with
    /// errc::not_running once stop() has been called, and with errc::would_deadlock on a worker, in the log sink, and
    /// while a plugin is made, started, stopped or destroyed. Before start() it says what start() begins with. With
    /// run_on it may be called on the io_context's thread.
    ApplyReport apply(Builder builder);
    /// Applies the server section of a file.
    ApplyReport apply(const Config& config);

    /// Returns what apply() would return, without changing anything; whether new plugins can be made is not tried.
    ApplyReport check(const Builder& builder) const;

    /// Adds a token to those that clients may log in with, as Builder::token does; it works like apply(), with all
    /// other settings as they are. A name that is in use is a problem.
    ApplyReport add_token(Secret token, std::string name, Rights rights = {}, Secret also = {});
    /// Removes the token of this name and ends its sessions. A name that no token has, and the last token there is, are
    /// problems.
    ApplyReport remove_token(const std::string& name);

    /// Opens the file of Builder::access_log() by its name again: call it when the file was moved away. No line is
    /// lost. Any thread; does nothing where there is no access log.
    void reopen_access_log();

    /// Dials a service through its tunnel, as a visitor would, and completes when the client has connected the stream:
    /// `void(std::error_code, Stream)`. Where a client has several connections, the one with the fewest visitors is
    /// used. A string as `target` is the service: `async_open("web", token)`, `async_open({"web", "alice"}, token)`. A
    /// stream to an HTTP service is raw: what is written to it reaches the backend unchanged. The Stream's executor is
    /// that of the handler, or get_executor(). Fails with errc::unknown_service, refused, timed_out, busy, trunk_lost,
    /// session_closed or not_running, and with asio::error::operation_aborted when it is cancelled (all kinds of
    /// cancellation; the client is then told to give up).
    template <typename OpenToken>
    auto async_open(OpenTarget target, OpenToken&& token) {
        return asio::async_initiate<OpenToken, void(std::error_code, Stream)>(InitiateOpen{this}, token,
                                                                              std::move(target));
    }

    /// Gives it sockets that listen already, before start(): of a server whose place it takes (Control::take_sockets),
    /// or of a service manager. It owns them from then on. Where it would listen at the address of one (with port 0:
    /// where the name fits), it takes that one, also for public ports of clients that come later; those that nobody has
    /// wanted 10 s after the start are closed. Then `Control::hand_over` tells the other server to go, and
    /// take_control_name() gives this one's control socket the name of that one's.
    void inherit(std::vector<PassedSocket> sockets);
    void take_control_name();
    /// Copies of the sockets at which it listens, each of which the caller owns. Whoever keeps them keeps newcomers
    /// waiting in the kernel for the next process: stop() then closes its own descriptors, and no socket stops
    /// listening because of it.
    std::vector<PassedSocket> sockets() const;
    /// Counts the changes of sockets(): public ports come and go with their clients. Any thread.
    std::uint64_t socket_changes() const;
    /// Whether another process has taken its place: the handler of on_drain() was called for that, and stop() lets the
    /// visitors that there are finish, while clients and newcomers go to the other process.
    bool is_replaced() const;

    /// Takes no new visitors and clients, lets present streams finish for at most `drain`, ends the rest and joins its
    /// threads.
    ///
    /// Returns no error when all had finished, and errc::timed_out when some streams were cut, also if `drain` is zero
    /// (for HTTP services these may have been connections kept for a next request). Returns errc::would_deadlock, and
    /// does nothing, on a worker, in the event handler and in the log sink. With run_on it may be called on the
    /// io_context's thread, also in the event handler, if `drain` is zero. In the handler of `stopped` it returns no
    /// error if everything has ended by then.
    ///
    /// Several threads that call it get the same answer, when all is over; the shortest `drain` counts. After that a
    /// call does nothing, and streams fail with errc::session_closed. With run_on it waits up to three seconds longer
    /// for the io_context to send the goodbye, and then ends without it: nothing of this object runs there any more.
    std::error_code stop(std::chrono::milliseconds drain = std::chrono::milliseconds(0));

    /// The executor for handlers that bring none: a worker, or the application's io_context. When the worker has
    /// stopped, what is submitted runs on Asio's system executor. Timers and sockets made with this executor must not
    /// outlive this Server.
    asio::any_io_executor get_executor() const;

    /// Only for the library.
    explicit Server(std::unique_ptr<Impl> impl) noexcept;

private:
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

/// Collects the settings of a Server; each call replaces what an earlier one set, except token(), which adds. Only a
/// token is required. A Builder holds secrets, so it can be moved but not copied: to keep one, declare
/// `Server::Builder builder;` and then call its members.
class FERROTUNNEL_EXPORT Server::Builder {
public:
    static constexpr const char* tcp_bind_default = "0.0.0.0";

    Builder();
    Builder(Builder&&) noexcept;
    Builder& operator=(Builder&&) noexcept;
    ~Builder();

    /// Sets the address where clients connect. Default "0.0.0.0:7835"; port 0: the system chooses, see
    /// control_endpoint().
    Builder& bind(std::string address) { return set("bind", std::move(address)); }
    /// Sets the local address of the public ports, without a port. Default "0.0.0.0".
    Builder& tcp_bind(std::string address) { return set("tcp_bind", std::move(address)); }
    /// Sets how visitors reach this machine, for the endpoints that tunnels() lists. Default: what tcp_bind() says, and
    /// clients then show the host that they have dialled where that is every address.
    Builder& public_host(std::string host) { return set("public_host", std::move(host)); }

    /// Sets the address where visitors of HTTP services connect: "0.0.0.0:8080"; port 0: the system chooses, see
    /// http_endpoint(). Default: none, and HTTP services are refused. (The program listens on port 8080 unless told
    /// otherwise.) "off": none. If `needed` is false and it cannot listen there, start() logs that and continues
    /// without HTTP.
    Builder& http_bind(std::string address, bool needed = true);
    /// Sets the address where visitors of HTTP services connect by TLS: "0.0.0.0:8443"; otherwise like http_bind().
    /// https() sets the certificates; without any, visitors reach only services whose clients do TLS themselves.
    /// start() fails when there are certificates and none can be used. With this listener, the address of an HTTP
    /// service begins with https:// where there is a certificate for its host.
    Builder& https_bind(std::string address, bool needed = true);
    /// Sets the address where holders of a token reach the TCP services (private ones too) of that token's clients by
    /// name, through HTTP CONNECT (RFC 9110, 9.3.6): `CONNECT service:port`, or `service.client:port`, whatever the
    /// port; the token is the password of Proxy-Authorization (Basic). "127.0.0.1:3128"; port 0: the system chooses,
    /// see connect_endpoint(). Tokens come to it without TLS, so let it be reachable from this machine alone. Default:
    /// none; "off": none.
    Builder& connect_bind(std::string address) { return set("connect_bind", std::move(address)); }
    /// Set where visitors go who are nobody's otherwise, on a port that several protocols share: those who speak SSH,
    /// and those who say nothing for 2 s, since they wait for the server to speak. "service", "service.client", and
    /// with several tokens "@token" behind that: a TCP service, private ones too. bind(), http_bind() and https_bind()
    /// share a port where they are the same to the letter, and the port is not 0. Default: nowhere.
    Builder& ssh_service(std::string service) { return set("ssh_service", std::move(service)); }
    Builder& silent_service(std::string service) { return set("silent_service", std::move(service)); }
    /// Sets the certificates and rules for https_bind(); replaces all of them.
    Builder& https(Https https);
    /// Sets the proxies and load balancers in front that speak the PROXY protocol, version 1 or 2: "10.0.0.0/8", "::1".
    /// Visitors' connections (HTTP, HTTPS, public ports) from there must begin with such a header, and its source is
    /// the visitor; connections from elsewhere are taken as they are, whatever they begin with. Default: none.
    Builder& proxy_protocol_from(std::vector<std::string> networks) {
        return set("proxy_protocol_from", std::move(networks));
    }
    /// Sets the domain below which HTTP services that name no host are given one, "k7rw2vbd.tunnel.example.com". Its
    /// DNS entries (`*.tunnel.example.com`) must point here. Default: services without a host are refused.
    Builder& domain(std::string name) { return set("domain", std::move(name)); }
    /// Sets deadlines, limits, trusted proxies and pages of the HTTP edge; replaces all of them.
    Builder& http_settings(HttpServerSettings settings);

    /// Adds a token that clients may log in with; call it again for more. `name` is for logs and tunnels(); empty:
    /// "token-1" and so on.
    Builder& token(Secret token, std::string name = {});
    /// Sets the services that have to prove a token of their own, beside their client's login; up to 256. Replaces
    /// those that were set before. Default: none.
    Builder& guarded_services(std::vector<GuardedService> services);
    /// Adds a token with rights of its own. `also`: a second secret that is accepted too, while its clients change from
    /// one to the other; what the token has belongs to the first. When a secret is replaced, the new one is `token` and
    /// the old one `also`.
    Builder& token(Secret token, std::string name, Rights rights, Secret also = {});
    /// Accepts tokens that were made up by a person even when bind() is not a loopback address. Default: refused.
    Builder& allow_weak_token(bool allow = true) { return set("allow_weak_token", allow); }
    /// Sets the public ports that clients may have: "2222,8000-8100". Default: every port from 1024 on.
    Builder& allow_ports(std::string ports) { return set("allow_ports", std::move(ports)); }

    /// Set how many connections the clients of one token may have together, 1 to 4,096, and how many public ports, 1 to
    /// 65,535; a client that comes later is refused (errc::busy), and tries again. Default: with one token, as many as
    /// there are; with several tokens 3,584 and 14,000, so that no token keeps the others' clients out.
    Builder& connections_per_token(unsigned count) { return set("connections_per_token", std::uint64_t{count}); }
    Builder& ports_per_token(unsigned count) { return set("ports_per_token", std::uint64_t{count}); }

    /// Sets for how long, up to 60 s, visitors of a public port wait when the last client of its service has gone, or
    /// the server has begun and knows the port from before (state_dir()): a client that was restarted is back by then,
    /// and takes them in the order in which they came. Those who still wait then are reset, and the port is closed. 3 s
    /// is the default, 0: they are reset at once. For HTTP and TLS services see HttpServerSettings::hold.
    Builder& hold(std::chrono::milliseconds time) { return set("hold", time); }
    /// Sets the number of threads, up to 256; 0 (the default): one per core.
    Builder& workers(std::size_t count) { return set("workers", std::uint64_t{count}); }
    /// How long visitors wait, instead of being reset, while a lost connection between client and server is made again:
    /// 0, the default, or 5 s to 5 min. Both sides must want it; the shorter time counts, from the last byte heard.
    Builder& resume(std::chrono::milliseconds time) { return set("resume", time); }
    /// What each connection may keep, with `resume`, of what the other side has not confirmed, in bytes: 1 MiB to 1
    /// GiB, by default 16 MiB.
    Builder& resume_memory(std::uint64_t bytes) { return set("resume_memory", bytes); }
    /// Sets for how long, in microseconds up to 1,000, a thread that has run out of work looks for more before it
    /// sleeps. 0 (the default): it sleeps at once. It looks only while its work comes in quick succession and is soon
    /// done, and as long as nobody else wants its processor. With 50, a request and its answer between idle machines
    /// take half as long, for processor time that would have been idle; not to be used where processor time is limited
    /// or paid for. Without effect with run_on(), and once timers or sockets of the application's run on the thread by
    /// get_executor().
    Builder& busy_poll(unsigned microseconds) { return set("busy_poll", std::uint64_t{microseconds}); }
    /// Limits the memory for visitors' data, over all clients, in bytes: at least 16 MiB; 0 (the default): a quarter of
    /// what the machine or the container has. Beyond half of the limit, windows and send queues are kept small; beyond
    /// the limit, visitors who do not read, or whose service does not, are reset, first those of the token that holds
    /// most. Where there are several tokens, a single one gets at most half.
    Builder& memory_max(std::uint64_t bytes) { return set("memory_max", bytes); }
    /// Adds a plugin that looks at the requests of HTTP services and their answers (see plugin.hpp), behind those that
    /// were added before; up to 56, or 64 where clients may ask for none. start() fails when it cannot be made.
    Builder& plugin(PluginUse use);
    /// Says which plugins clients may ask for on services of their own (Http::plugins), in place of the default, which
    /// is auth, ip-filter and rate-limit as they are shipped. None: a service that asks for any is refused. Theirs run
    /// behind the server's own.
    Builder& client_plugins(std::vector<ClientPlugin> types);
    /// Sets where the control socket is, by which `ferrotunnel status` and Control ask this server: a path, or
    /// "default" for the usual place, server.sock in $RUNTIME_DIRECTORY, /run/ferrotunnel (root) or
    /// $XDG_RUNTIME_DIR/ferrotunnel. Only this user and root may ask. Its folder is made with mode 0700, and must not
    /// be one that others can write into. Where a running program has that socket, this one gets a name with its
    /// process id: control_socket(). If it cannot be made, start() fails; in the usual place it logs that and
    /// continues. "off" (the default): none.
    Builder& control(std::string path) { return set("control", std::move(path)); }
    /// Sets where Prometheus reads numbers about this server, by HTTP: an IP address with a port (0: the system
    /// chooses, metrics_endpoint()), or "default" for 127.0.0.1:7836. Everybody who can connect may read them. If it
    /// cannot listen there, start() fails. "off" (the default): nowhere. docs/metrics.md lists what there is.
    Builder& metrics(std::string address) { return set("metrics", std::move(address)); }
    /// Sets where a browser finds the dashboard: an address with a port (0: the system chooses, dashboard_endpoint()),
    /// or "default" for 127.0.0.1:7837 or the next free port. On a loopback address this user and root alone are
    /// answered; any other address needs dashboard_token_file() and dashboard_tls(). If it cannot listen there,
    /// start() fails; in the usual place it logs that and continues. "off" (the default): nowhere.
    Builder& dashboard(std::string address) { return set("dashboard", std::move(address)); }
    /// Lets in anyone who logs in with the secret in this file, in the place of this user and root. start() throws
    /// std::system_error when it cannot be read, or has fewer than 16 bytes.
    Builder& dashboard_token_file(std::string file) { return set("dashboard_token_file", std::move(file)); }
    /// Lets the dashboard speak TLS, with this certificate chain and key, PEM. start() fails when they cannot be used.
    Builder& dashboard_tls(std::string chain_file, std::string key_file) {
        return set("dashboard_tls_cert", std::move(chain_file)).set("dashboard_tls_key", std::move(key_file));
    }
    /// Sets where each request of an HTTP visitor has a line when it is over: a file, which is made with mode 0640, or
    /// "stdout" or "stderr". Threads that serve visitors never wait for it: lines that cannot be written in time are
    /// dropped, and the log says how many. start() fails when the file cannot be opened. The last lines are written
    /// when the Server is destroyed. "off" (the default): nowhere.
    Builder& access_log(std::string path) { return set("access_log", std::move(path)); }
    /// Sets how its lines look: "combined" (the default), "json", or a template; docs/operations.md lists the fields.
    Builder& access_log_format(std::string format) { return set("access_log_format", std::move(format)); }
    /// Sets the query parameters whose values the lines do not have; replaces the default (token, key, password and the
    /// like). "*": all. None: lines have every value.
    Builder& access_log_mask(std::vector<std::string> names) { return set("access_log_mask", std::move(names)); }
    /// Sets where a collector is told of requests, as traces; replaces all of it. start() fails where `ca_file` cannot
    /// be read. Default: nowhere.
    Builder& traces(Traces traces);
    /// Sets how long plugins may make others wait, and how much they may hold meanwhile.
    Builder& plugin_limits(const PluginLimits& limits);
    /// Runs the server inside this io_context instead of on threads of its own. Exactly one thread must run the
    /// io_context, and it must outlive the Server.
    Builder& run_on(asio::io_context& context);

    /// Turns encryption off. Tokens are still never sent, but anyone in between can read and take over everything.
    Builder& tls_off(bool off = true) { return set("tls", !off); }
    /// Sets a certificate chain and its key, as PEM files. Default: a self-made one, kept in the state directory.
    Builder& tls_certificate(std::string chain_file, std::string key_file) {
        return set("tls_cert", std::move(chain_file)).set("tls_key", std::move(key_file));
    }
    /// Sets the directory where the self-made certificate is kept, and which token has which hosts and ports, so that a
    /// restart does not forget it; it is created with mode 0700 if needed. Empty (the default): the certificate is made
    /// again at each start and kept in memory, so that its pin changes, and hosts and ports are forgotten.
    Builder& state_dir(std::string directory) { return set("state_dir", std::move(directory)); }

    /// Sets the deadlines and intervals; replaces all of them.
    Builder& timing(const Timing& timing);
    /// Sets the handler of the server's events. Default: none.
    Builder& on_event(EventHandler handler);
    /// Sets where log lines of this level and above go. Default: nothing is logged.
    Builder& log(LogSink sink, LogLevel level = LogLevel::info);

    /// Makes the Server; throws config_error with all problems. The Builder is used up.
    Server build();
    /// Like build(), but does not throw: where it fails there is no Server, and the problems are appended.
    std::optional<Server> try_build(std::vector<Problem>& problems);
    /// Returns the problems that can be found without making anything; the Builder stays as it is.
    std::vector<Problem> check() const;

private:
    friend struct detail::BuilderAccess;

    /// `setting`: its key in a configuration file. Of no other types than those that settings have.
    template <typename T>
    Builder& set(std::string_view setting, T value);

    std::unique_ptr<detail::ServerSettings> settings_;
};

}  // namespace ferrotunnel
