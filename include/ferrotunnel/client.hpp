// The client: offers services of its own side at a server's public ports and HTTP hosts.
//
//    auto client = ferrotunnel::Client::builder()
//                      .server("tunnel.example.com:7835")
//                      .token(ferrotunnel::Secret::from_env("FERROTUNNEL_TOKEN"))
//                      .build();
//    auto ssh = client.add(ferrotunnel::Tcp(0, "127.0.0.1:22"));
//    client.start();
//    if (!client.wait_ready(5s)) { std::puts(ssh.endpoint().c_str()); }
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
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
#include "ferrotunnel/credential.hpp"
#include "ferrotunnel/datagrams.hpp"
#include "ferrotunnel/detail/operation.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/event.hpp"
#include "ferrotunnel/export.hpp"
#include "ferrotunnel/http.hpp"
#include "ferrotunnel/listener.hpp"
#include "ferrotunnel/log.hpp"
#include "ferrotunnel/recorded_exchange.hpp"
#include "ferrotunnel/secret.hpp"
#include "ferrotunnel/service.hpp"
#include "ferrotunnel/stats.hpp"
#include "ferrotunnel/stream.hpp"
#include "ferrotunnel/tcp.hpp"
#include "ferrotunnel/timing.hpp"
#include "ferrotunnel/tls.hpp"
#include "ferrotunnel/udp.hpp"
#include "ferrotunnel/visit.hpp"
#include "ferrotunnel/words.hpp"

namespace asio {
class io_context;
}

namespace ferrotunnel {

class Config;

namespace detail {
struct BuilderAccess;
struct ClientSettings;
struct EngineAccess;

/// A pending async_listen: completes with a Listener when the server has registered the service.
class ListenOperation : public Operation<std::error_code, Listener> {
public:
    asio::any_io_executor executor;  // the one that the new Listener gets

protected:
    ~ListenOperation() = default;
};
}  // namespace detail

/// A handle to a running client. All members may be called from any thread, except moves and the destructor, which
/// belong to one thread. The client connects and reconnects by itself, forever by default. The destructor stops it and
/// joins its threads, so it must not run in one of its handlers; in a child of fork() it does nothing.
///
/// It stops permanently when it is superseded, or when its token or protocol version is refused by a server that has
/// never accepted it and has proved its identity (by its certificate, verified by `tls_ca` or `tls_pin`), unless the
/// builder sets `retry_refused`. Any other refusal of the token or version counts as one failed attempt, limited by
/// `attempts`: it may come from an attacker on the network path, or from a server with a wrong file or an older
/// version.
///
/// A service that the server refuses is requested again, also on the present connection: after one to two seconds at
/// first (`Timing::reconnect_first` to twice that, if that is more than a second), then less and less often, but at
/// least every `Timing::reconnect_max`, or every second if that is less.
class FERROTUNNEL_EXPORT Client {
public:
    class Builder;
    class Impl;

    static Builder builder();

    /// Makes an empty handle, only good for assigning to: connected() is false, stats() is all zero, wait_ready() and
    /// stop() return errc::not_running, and the other members throw std::system_error with this code.
    Client() noexcept;
    Client(Client&&) noexcept;
    Client& operator=(Client&&) noexcept;
    /// Stops the client at once and joins its threads. Must not be called from one of the client's own callbacks. With
    /// run_on: call it on the io_context's thread, or while no thread runs the io_context, and before that is
    /// destroyed.
    ~Client();

    /// Offers a service; may be called before start() or at any time later. Returns at once; Service::state() reports
    /// the result. Throws config_error if the description is invalid (no `local`, a name in use), and std::system_error
    /// if the client has stopped: errc::session_closed, or the error that ended it.
    Service add(Tcp service);
    Service add(Http service);
    Service add(Tls service);
    Service add(Udp service);

    /// Visits a private service of another client: listens at `local` for the lifetime of this client, and forwards
    /// every connection to the service. Both clients prove the key to each other, and the traffic is encrypted between
    /// them. Returns the address at which it listens. The log reports failed visits: a connection is closed with a
    /// reset if the service is offline or the key is wrong. May be called before start() or at any time later. Throws
    /// config_error if the description is invalid, and std::system_error if it cannot listen there, or the client has
    /// stopped. apply() does not affect it, since that compares the visits of Builder::visits.
    std::string visit(Visit visit);
    /// The visits of this client, with their state and counters.
    std::vector<VisitStats> visits() const;

    /// Applies settings and services to the running client: their values are compared with the current ones, and only
    /// differences are applied. All are checked first; if anything is wrong, the report has the problems and nothing
    /// was changed. The Builder is used up; its run_on(), its on_event() and the sink of its log() are ignored, but the
    /// level is applied.
    ///
    /// `services`: all services with a backend that the client is to offer, identified by name. A service that is not
    /// among them is closed as by Service::close(), a new one is added, and one whose description differs is changed.
    /// If only its backend differs, it keeps its public address, and connected visitors keep their backend; otherwise
    /// it is registered again, and the report has its new handle. Listeners are not affected. Visits of the builder are
    /// compared in the same way. All other settings except the token and the log level are named in the report and stay
    /// as they are.
    ///
    /// Any thread. Throws std::system_error like add().
    ApplyReport apply(Builder builder, std::vector<AnyService> services);
    /// Applies the client section of a file.
    ApplyReport apply(const Config& config);
    /// Returns what apply() would return, without changing anything.
    ApplyReport check(const Builder& builder, std::vector<AnyService> services) const;

    /// Begins to connect and returns at once. Throws std::system_error whose text names the operation that failed, such
    /// as opening the control socket; a second call fails with errc::already_running. The other one sets `ec` instead
    /// of throwing, unless this handle is empty. What the network and the server decide is not its error: see
    /// wait_ready().
    void start();
    void start(std::error_code& ec);

    /// Waits until the client is connected and every service that was added so far is registered or refused; with
    /// several connections, on the first of them. Returns no error if all are registered. Otherwise it returns the
    /// first refusal, errc::timed_out, the error that ended the client, errc::session_closed after a stop,
    /// errc::not_running before start(), or errc::would_deadlock if called on a thread that the answer needs (a worker;
    /// with run_on, the io_context's), in the event handler or in the log sink.
    [[nodiscard]] std::error_code wait_ready(std::chrono::milliseconds timeout);

    /// Offers a service that the application serves itself; `local` is not used. May be called before start() or at any
    /// time later. Returns at once, and throws like add(). The application may begin to accept at once; the first
    /// visitor arrives after the server has registered the service, see Listener::service(). The Listener's executor is
    /// `executor`, or get_executor() if that is empty.
    Listener listen(Tcp service, asio::any_io_executor executor = {});

    /// Like listen(Tcp), for an HTTP service. Each Stream is like a connection from a reverse proxy: raw HTTP/1.1, one
    /// request after the other, from any number of visitors, and never the next request before the response to the
    /// current one is complete. The server has checked and rewritten the requests: one Host, one framing
    /// (Content-Length or chunked), no hop-by-hop fields, the visitor's address in X-Forwarded-For. The application
    /// responds in HTTP/1.1; it may end the Stream between two requests at any time (`Connection: close` on the last
    /// response), and so may the server. After a response with status 101 the Stream carries the bytes of the visitor's
    /// connection.
    Listener listen(Http service, asio::any_io_executor executor = {});

    /// Like listen(Tcp), for TLS passthrough: each Stream is one visitor's connection and begins with its ClientHello.
    Listener listen(Tls service, asio::any_io_executor executor = {});

    /// Offers a UDP service that the application serves itself: `handler` is called for each datagram. `local` is not
    /// used. Returns at once, and throws like add(), also if `handler` is empty. A private service cannot be served
    /// like this.
    Service listen(Udp service, DatagramHandler handler);

    /// Like listen(), but completes when the server has registered the service: `void(std::error_code, Listener)`. The
    /// Listener's executor is that of the handler, or get_executor(). Fails like wait_ready, with
    /// asio::error::operation_aborted if the client stops first, and with errc::invalid_argument where listen() throws
    /// config_error. The event `refused` and the log then have the reason as a sentence.
    template <typename ListenToken>
    auto async_listen(Tcp service, ListenToken&& token) {
        return asio::async_initiate<ListenToken, void(std::error_code, Listener)>(InitiateListen{this}, token,
                                                                                  std::move(service));
    }
    template <typename ListenToken>
    auto async_listen(Http service, ListenToken&& token) {
        return asio::async_initiate<ListenToken, void(std::error_code, Listener)>(InitiateListen{this}, token,
                                                                                  std::move(service));
    }
    template <typename ListenToken>
    auto async_listen(Tls service, ListenToken&& token) {
        return asio::async_initiate<ListenToken, void(std::error_code, Listener)>(InitiateListen{this}, token,
                                                                                  std::move(service));
    }

    /// Disables or enables a service, at any time. A disabled service is removed from the server, and its visitors
    /// finish; it stays disabled, also after apply(), until it is enabled or closed. A UDP service that shares its port
    /// number (Udp::with_tcp) follows it. `by`: who disables it, for status. Returns false if this client has no
    /// service of that name with a backend.
    bool set_enabled(const std::string& service, bool enabled, const std::string& by = {});

    /// Accepts no new visitors, lets the present ones finish for at most `drain`, closes the rest with a reset,
    /// disconnects and joins its threads. UDP visitors get a second of it, since their end cannot be detected.
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

    /// True while at least one connection to the server is up.
    bool connected() const;
    ClientStats stats() const;
    /// The traffic of each service and each visit since start(); see docs/metrics.md. Callable on any thread; it does
    /// not hold up traffic.
    std::vector<ServiceStats> service_stats() const;
    /// The threads that move bytes.
    std::vector<WorkerStats> worker_stats() const;
    /// The latest requests and connections, the newest first, at most `most`; empty unless Builder::inspect is on.
    /// Callable on any thread; it does not hold up traffic.
    std::vector<RecordedExchange> exchanges(std::size_t most = 100) const;
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
    /// The executor for handlers without one of their own: a worker, or the application's io_context. After the worker
    /// has stopped, submitted work runs on Asio's system executor. Timers and sockets made with this executor must not
    /// outlive this Client.
    asio::any_io_executor get_executor() const;

    // Old names, until 0.3.
    [[deprecated("use program::note_reload()")]] void note_reload(bool applied, std::string_view outcome = {});
    [[deprecated("use program::on_trial()")]] void on_trial(TrialHandler handler);
    [[deprecated("use program::on_trial_left()")]] void on_trial_left(TrialLeftHandler handler);
    [[deprecated("use program::on_compare()")]] void on_compare(CompareHandler handler);
    [[deprecated("use program::keep_services_beside()")]] void keep_services_beside(std::string file);

    /// Only for the library.
    explicit Client(std::unique_ptr<Impl> impl) noexcept;

private:
    friend struct detail::EngineAccess;

    struct InitiateListen {
        Client* client;

        template <typename Handler, typename Description>
        void operator()(Handler&& handler, Description service) const {
            using Made =
                detail::HandlerOperation<detail::ListenOperation, std::decay_t<Handler>, std::error_code, Listener>;
            asio::any_io_executor fallback = client->get_executor();
            asio::any_io_executor executor = detail::executor_for(handler, fallback);
            auto* operation = Made::make(std::forward<Handler>(handler), fallback);
            operation->executor = std::move(executor);
            client->start_listen(std::move(service), operation);
        }
    };

    void start_listen(Tcp service, detail::ListenOperation* operation) noexcept;
    void start_listen(Http service, detail::ListenOperation* operation) noexcept;
    void start_listen(Tls service, detail::ListenOperation* operation) noexcept;

    std::unique_ptr<Impl> impl_;
};

/// Collects the settings of a Client; each call replaces what an earlier one set. Only `server` and `token` are
/// required. A Builder holds a secret, so it can be moved but not copied: to keep one, declare
/// `Client::Builder builder;` and then call its members.
class FERROTUNNEL_EXPORT Client::Builder {
public:
    static constexpr unsigned connections_default = 2;  ///< used where the server is near

    Builder();
    Builder(Builder&&) noexcept;
    Builder& operator=(Builder&&) noexcept;
    ~Builder();

    /// Sets the server's address: "host:port", "host" (port 7835), "192.0.2.1:7835", "[2001:db8::1]:7835".
    Builder& server(std::string address) { return set("server", std::move(address)); }
    /// Sets several servers, up to 16. If they are members of one cluster, the client is connected to two of them
    /// (redundancy()), and dials another one when one is lost. Otherwise it is connected to one, and dials the next
    /// when that is lost or does not answer. Each proves itself as server() would, by its own name.
    Builder& servers(std::vector<std::string> addresses) { return set("server", std::move(addresses)); }
    /// Sets the number of servers of a cluster to be connected to: 2 (the default) or 1. With 2, services continue
    /// while one of the servers is away. The members tell the client where the others are (Cluster::public_address); of
    /// those it uses only what servers() names, or what the server's certificate has too if tls_ca() verifies it, or
    /// any if tls_pin() does. A server that is in no cluster is not affected.
    Builder& redundancy(unsigned count) { return set("redundancy", std::uint64_t{count}); }
    /// Sets the token that the client logs in with.
    Builder& token(Secret token);
    /// Accepts a weak token (not made by `ferrotunnel token`) even if the server is not on this machine. Default:
    /// refused.
    Builder& allow_weak_token(bool allow = true) { return set("allow_weak_token", allow); }

    /// Sets the proxy through which the server is reached: "http://user:password@proxy.example.com:3128" (CONNECT, with
    /// Basic), "socks5://192.0.2.1:1080", words::environment or words::off. The proxy resolves the server's name.
    /// words::environment (the default) means the value of https_proxy, HTTPS_PROXY, all_proxy or ALL_PROXY (the first
    /// that is set) when build() is called, unless no_proxy or NO_PROXY names the server, or the server is on this
    /// machine.
    Builder& proxy(std::string url) { return set("proxy", std::move(url)); }
    /// Sets the name of this client on the server (TunnelInfo, events, logs, Server::async_open): up to 64 letters,
    /// digits and "._-:/[]*". Several clients may have the same name. Default: none.
    Builder& name(std::string name) { return set("name", std::move(name)); }
    /// Sets texts for the server's operator, under keys of letters, digits and "._-": shown in the server's status, and
    /// known to its plugins and to Server::Builder::authenticate. They prove nothing, and are not secret: they are sent
    /// before the server has proved itself. Up to 16 keys of 1 to 64 bytes, values of up to 256 bytes without control
    /// characters, 1,024 bytes in all. A server that is too old ignores them. Default: none.
    Builder& metadata(std::map<std::string, std::string> metadata) { return set("metadata", std::move(metadata)); }

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
    /// Limits the memory for visitors' data, in bytes: at least 16 MiB; 0 (the default): a quarter of the memory of the
    /// machine or container. Beyond half of the limit, windows and send queues are kept small; beyond the limit,
    /// connections of visitors that do not read, or whose service does not, are closed with a reset.
    Builder& memory_max(std::uint64_t bytes) { return set("memory_max", bytes); }
    /// Sets the path of the control socket, through which `ferrotunnel status` and Control reach this client, or
    /// words::default_place: client.sock in $RUNTIME_DIRECTORY, /run/ferrotunnel (root) or
    /// $XDG_RUNTIME_DIR/ferrotunnel. Only this user and root have access. Its folder is created with mode 0700; others
    /// must not be able to write into it. If a running program has that socket, this one gets a name with the process
    /// id: control_socket(). If it cannot be created, start() fails; in the usual place start() logs that and
    /// continues. words::off (the default): none.
    Builder& control(std::string path) { return set("control", std::move(path)); }
    /// Sets the listen address for Prometheus metrics of this client over HTTP: an IP address with a port (0: the
    /// system chooses, metrics_endpoint()), or words::default_place for 127.0.0.1:7836. There is no login. If it cannot
    /// listen there, start() fails. words::off (the default): none. docs/metrics.md lists the metrics.
    Builder& metrics(std::string address) { return set("metrics", std::move(address)); }
    /// Sets the listen address of the dashboard: an address with a port (0: the system chooses, dashboard_endpoint()),
    /// or words::default_place for 127.0.0.1:4040 or the next free port. A loopback address admits this user and root
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
    /// Runs the client inside this io_context instead of on threads of its own. Exactly one thread must run the
    /// io_context, and it must outlive the Client.
    Builder& run_on(asio::io_context& context);

    /// Sets the number of connections to each server, 1 to 16. Visitors are spread over the connections, and over the
    /// workers of both sides; if a connection breaks, only its own visitors are lost, and it is restored automatically.
    /// With two, a visitor that connects while one of them moves much data gets the other and does not wait. More help
    /// if one core on each side is not enough for the visitors' traffic, and on links that lose packets. Default: two
    /// if a round trip to the server takes less than 2 ms, otherwise one, on which visitors share the link evenly.
    Builder& connections(unsigned count) { return set("connections", std::uint64_t{count}); }

    /// Turns encryption on (the default) or off. Without it the token is still never sent, but anyone on the network
    /// path can read and modify all traffic.
    Builder& tls(bool on) { return set("tls", on); }
    [[deprecated("use tls(false)")]] Builder& tls_off(bool off = true) { return tls(!off); }
    /// Verifies the server's certificate and name against the CAs in this PEM file, or words::system_cas.
    Builder& tls_ca(std::string file) { return set("tls_ca", std::move(file)); }
    /// Accepts only a server with this public key, as it prints it at start: "sha256:" and base64 or hexadecimal.
    Builder& tls_pin(std::string pin) { return set("tls_pin", std::move(pin)); }
    /// Verifies the server by CAs or pins from memory, instead of tls_ca() and tls_pin(). After Trust::replace(), new
    /// tunnel connections are verified by the new ones.
    Builder& tls_trust(Trust trust);

    /// Gives up after this many failed attempts in a row to connect, at most 1,000,000; 0 (the default): never.
    Builder& attempts(unsigned count) { return set("attempts", std::uint64_t{count < 1'000'000 ? count : 1'000'000}); }
    /// Retries after a server that has proved its identity refuses the token or the version, instead of ending the
    /// client: the next attempt is made after `wait` to five times that, drawn at random. At most 1 h; 0 (the default):
    /// the client ends. For unattended clients: a token may be renewed, a server updated.
    Builder& retry_refused(std::chrono::milliseconds wait) { return set("retry_refused", wait); }
    /// Sets the identity that a client shares with its successor, for replace(): a text of up to 64 bytes that no other
    /// client of this token uses. Default: none.
    Builder& identity(std::string identity) { return set("identity", std::move(identity)); }
    /// Replaces the client with this token and identity (docs/operations.md, "Hand-over of a client") once all services
    /// are registered and healthy. Add services before start(), since later ones are not waited for. Reported by
    /// Event::Kind::took_over. The other client gets Event::Kind::replaced; it accepts no new visitors, and stops when
    /// its present ones have finished, or when stop() is called. Default: off.
    Builder& replace(bool on = true) { return set("replace", on); }
    /// Has no effect by itself: how long the program around the client is to stay after another client has replaced it.
    /// At most 1 h. Default: 0.
    Builder& linger(std::chrono::milliseconds time) { return set("linger", time); }
    /// Sets the backends for which the server's administrator may add, remove, enable and disable services of this
    /// client through the server's control API: addresses or networks with ports, "127.0.0.1:3000-3999". The services
    /// are saved if program::keep_services_beside() names a file. Default: none.
    Builder& managed(std::vector<std::string> targets) { return set("managed", std::move(targets)); }
    /// Records the latest exchanges between visitors and backends in memory, with secrets masked: requests and
    /// responses with their bodies, messages of WebSockets and event streams, connections of other services. The
    /// control socket shows them (`ferrotunnel inspect`, docs/inspector.md). Default: off. Services that the
    /// application serves itself are not recorded.
    Builder& inspect(bool on = true) { return set("inspect", on); }
    /// Limits the memory of all recorded exchanges, in bytes: 1 MiB to 4 GiB. Default: 32 MiB.
    Builder& inspect_memory(std::uint64_t bytes) { return set("inspect_memory", bytes); }
    /// Limits the recorded bytes of each body, at most 1 MiB; 0: none. Default: 64 KiB.
    Builder& inspect_body(std::uint64_t bytes) { return set("inspect_body", bytes); }
    /// Adds words by which secrets are recognized: parts of the names of fields, parameters and members, like "iban" in
    /// "customer_iban" and "customerIban". words::off as the only word: nothing is masked.
    Builder& inspect_mask(std::vector<std::string> words) { return set("inspect_mask", std::move(words)); }
    /// Sets the private services of other clients to visit from start() on, up to 256; see Client::visit. start()
    /// throws std::system_error if it cannot listen. apply() compares them: a new one begins, a removed one accepts no
    /// new visitors, and if only the service or the key differs, the address stays.
    Builder& visits(std::vector<Visit> visits);

    /// Sets the deadlines and intervals; replaces all of them.
    Builder& timing(const Timing& timing);
    /// Sets the handler of the client's events. Default: none.
    Builder& on_event(EventHandler handler);
    /// Sets where log lines of this level and above go. Default: nothing is logged.
    Builder& log(LogSink sink, LogLevel level = LogLevel::info);

    /// Makes the Client; throws config_error with all problems. The Builder must not be used afterwards.
    Client build();
    /// Like build(), but does not throw: if it fails, it returns no Client and appends the problems.
    std::optional<Client> try_build(std::vector<Problem>& problems);
    /// Returns the problems that can be found without making anything; the Builder stays as it is.
    std::vector<Problem> check() const;

private:
    friend struct detail::BuilderAccess;

    /// `setting`: its key in a configuration file. T must be the type of a setting.
    template <typename T>
    Builder& set(std::string_view setting, T value);

    std::unique_ptr<detail::ClientSettings> settings_;
};

}  // namespace ferrotunnel
