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

namespace asio {
class io_context;
}

namespace ferrotunnel {

class Config;

namespace detail {
struct BuilderAccess;
struct ClientSettings;

/// A pending async_listen: completes with a Listener when the server has registered the service.
class ListenOperation : public Operation<std::error_code, Listener> {
public:
    asio::any_io_executor executor;  // the one that the new Listener gets

protected:
    ~ListenOperation() = default;
};
}  // namespace detail

/// A handle to a running client. All members may be called from any thread, except moves and the destructor, which
/// belong to one thread. The client connects and reconnects by itself, for ever unless the builder says otherwise.
/// The destructor stops it and joins its threads, so it must not run in one of its handlers; in a child of fork() it
/// does nothing.
///
/// It stops for good when it is superseded, or when its token or protocol version is refused by a server that has never
/// let it in and has proved that it is the server (by its certificate, which `tls_ca` or `tls_pin` verify), unless the
/// builder says `retry_refused`. Any other
/// refusal of these is one failed attempt, and `attempts` bounds those: the refusal may come from somebody in between,
/// or from a server that was started with a wrong file or is an older program.
///
/// A service that the server refuses is requested again, also on the connection that is up: after one to two seconds at
/// first (`Timing::reconnect_first` to twice that, where that is more than a second), then less and less often, but at
/// least every `Timing::reconnect_max`, or every second where that is less.
class FERROTUNNEL_EXPORT Client {
public:
    class Builder;
    class Impl;

    static Builder builder();

    /// Makes an empty handle, only good for assigning to: connected() is false, stats() is all zero, wait_ready() and
    /// stop() return errc::not_running, and the other members throw std::system_error with that.
    Client() noexcept;
    Client(Client&&) noexcept;
    Client& operator=(Client&&) noexcept;
    /// Stops the client at once and joins its threads. Must not be called from one of the client's own callbacks. With
    /// run_on: call it on the io_context's thread, or while no thread runs the io_context, and before that is gone.
    ~Client();

    /// Offers a service; may be called before start() or at any time later. Returns at once, and Service::state() tells
    /// what became of it. Throws config_error when the description cannot be right (no `local`, a name in use), and
    /// std::system_error when the client has stopped: errc::session_closed, or the error that ended it for good.
    Service add(Tcp service);
    Service add(Http service);
    Service add(Tls service);
    Service add(Udp service);

    /// Visits a private service of another client: listens at `local` for as long as this client is there, and every
    /// connection that comes reaches the service. Both clients prove the key to each other, and what passes is
    /// encrypted between them. Returns the address at which it listens. What becomes of a visit is in the log: one
    /// whose service is away or whose key is wrong is reset. May be called before start() or at any time later. Throws
    /// config_error when the description cannot be right, and std::system_error when it cannot listen there, or the
    /// client has stopped. apply() leaves it alone: what it compares are the visits of Builder::visits.
    std::string visit(Visit visit);
    /// All visits, those of this client, with what has become of them.
    std::vector<VisitStats> visits() const;

    /// Applies settings and services to the running client: they are compared with those that it has, as values, and
    /// only what has changed is touched. All of them are checked first; where anything is wrong, the report has the
    /// problems and nothing was changed. The Builder is used up; its run_on() and on_event() do not count, and neither
    /// does the sink of log(), only the level.
    ///
    /// `services`: all that the client is to have with a backend, by their names. One that is not among them is closed
    /// as by Service::close(), a new one is added, and one whose description differs is changed. If only its backend
    /// differs, it keeps its public place, and visitors who are there keep the backend that they have; otherwise it is
    /// registered again, with a handle that the report has. Listeners are none of them and stay. Visits of the builder
    /// are compared in the same way. All other settings but the token and the level of the log are named in the report
    /// and stay as they are.
    ///
    /// Any thread. Throws std::system_error like add().
    ApplyReport apply(Builder builder, std::vector<AnyService> services);
    /// Applies the client section of a file.
    ApplyReport apply(const Config& config);
    /// Returns what apply() would return, without changing anything.
    ApplyReport check(const Builder& builder, std::vector<AnyService> services) const;

    /// Begins to connect and returns at once. A second call throws std::system_error with errc::already_running.
    void start();

    /// Waits until the client is connected and every service that was added so far is registered or refused; with
    /// several connections, on the first of them. Returns no error when all are registered. Otherwise it returns the
    /// first refusal, errc::timed_out, the error that ended the client for good, errc::session_closed after a stop,
    /// errc::not_running before start(), or errc::would_deadlock if called on a thread that the answer needs (a worker;
    /// with run_on, the io_context's), in the event handler or in the log sink.
    [[nodiscard]] std::error_code wait_ready(std::chrono::milliseconds timeout);

    /// Offers a service that the application serves itself; `local` is not used. May be called before start() or at any
    /// time later. Returns at once, and throws like add(). The application may begin to accept at once too: the first
    /// visitor comes when the server has registered the service, see Listener::service(). The Listener's executor is
    /// `executor`, or get_executor() if that is empty.
    Listener listen(Tcp service, asio::any_io_executor executor = {});

    /// Like listen(Tcp), for an HTTP service. Each Stream is like a connection from a reverse proxy: raw HTTP/1.1, one
    /// request after the other, from any number of visitors, and never the next request before the answer to the
    /// current one is complete. The server has checked and rewritten the requests: one Host, one framing
    /// (Content-Length or chunked), no hop-by-hop fields, the visitor's address in X-Forwarded-For. The application
    /// answers in HTTP/1.1; it may end the Stream between two requests at any time (`Connection: close` on the last
    /// answer), and so may the server. After an answer with status 101 the Stream is the visitor's connection, byte by
    /// byte.
    Listener listen(Http service, asio::any_io_executor executor = {});

    /// Like listen(Tcp), for a service whose visitors' TLS passes untouched: each Stream is one visitor's connection
    /// and begins with its ClientHello.
    Listener listen(Tls service, asio::any_io_executor executor = {});

    /// Offers a UDP service that the application serves itself: `handler` is called for each datagram. `local` is not
    /// used. Returns at once, and throws like add(), and with an empty `handler`. A private service cannot be served
    /// so.
    Service listen(Udp service, DatagramHandler handler);

    /// Like listen(), but completes when the server has registered the service: `void(std::error_code, Listener)`. The
    /// Listener's executor is that of the handler, or get_executor(). Fails like wait_ready, with
    /// asio::error::operation_aborted when the client stops before, and with errc::invalid_argument where listen()
    /// throws config_error. The reason, as a sentence, is then in the event `refused` and in the log.
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

    /// Switches a service off, or on again, at any time. One that is off is not known to the server any more, and its
    /// visitors finish; it stays off whatever apply() says, until it is switched on or closed. A UDP service that has
    /// its number (Udp::with_tcp) goes and comes with it. `by`: who wants it so, for status. False: this client has no
    /// service of that name with a backend.
    bool set_enabled(const std::string& service, bool enabled, const std::string& by = {});

    /// Takes no new visitors, lets the present ones finish for at most `drain`, ends the rest, disconnects and joins
    /// its threads. Those of UDP services have a second of it, since nobody knows when they have finished.
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

    /// True while at least one connection to the server is up.
    bool connected() const;
    ClientStats stats() const;
    /// What each service and each visit has moved since start(); docs/metrics.md. Any thread; nothing that moves bytes
    /// waits for it.
    std::vector<ServiceStats> service_stats() const;
    /// The threads that move bytes.
    std::vector<WorkerStats> worker_stats() const;
    /// The latest requests and connections, the newest first, at most `most`; empty unless Builder::inspect is on. Any
    /// thread; nothing that moves bytes waits for it.
    std::vector<RecordedExchange> exchanges(std::size_t most = 100) const;
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
    /// Lets the control socket keep services, which it refuses otherwise: in conf.d/90-runtime.yml beside this
    /// configuration file, which Config includes by itself. `file` has a client section, and is what apply() is called
    /// with after a change. At any time.
    void keep_services_beside(std::string file);
    /// The executor for handlers that bring none: a worker, or the application's io_context. When the worker has
    /// stopped, what is submitted runs on Asio's system executor. Timers and sockets made with this executor must not
    /// outlive this Client.
    asio::any_io_executor get_executor() const;

    /// Only for the library.
    explicit Client(std::unique_ptr<Impl> impl) noexcept;

private:
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
    /// Sets the token that the client logs in with.
    Builder& token(Secret token);
    /// Accepts a token that was made up by a person even when the server is not on this machine. Default: refused.
    Builder& allow_weak_token(bool allow = true) { return set("allow_weak_token", allow); }

    /// Sets the proxy through which the server is reached: "http://user:password@proxy.example.com:3128" (CONNECT, with
    /// Basic), "socks5://192.0.2.1:1080", "env" or "off". The proxy resolves the server's name. "env" (the default)
    /// means what https_proxy, HTTPS_PROXY, all_proxy or ALL_PROXY (the first that is there) say when build() is
    /// called, unless no_proxy or NO_PROXY names the server, or the server is on this machine.
    Builder& proxy(std::string url) { return set("proxy", std::move(url)); }
    /// Sets the name by which the server shows this client (TunnelInfo, events, logs) and dials it
    /// (Server::async_open): up to 64 letters, digits and "._-:/[]*". Several clients may have the same name. Default:
    /// none.
    Builder& name(std::string name) { return set("name", std::move(name)); }

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
    /// Limits the memory for visitors' data, in bytes: at least 16 MiB; 0 (the default): a quarter of what the machine
    /// or the container has. Beyond half of the limit, windows and send queues are kept small; beyond the limit,
    /// visitors who do not read, or whose service does not, are reset.
    Builder& memory_max(std::uint64_t bytes) { return set("memory_max", bytes); }
    /// Sets where the control socket is, by which `ferrotunnel status` and Control ask this client: a path, or
    /// "default" for the usual place, client.sock in $RUNTIME_DIRECTORY, /run/ferrotunnel (root) or
    /// $XDG_RUNTIME_DIR/ferrotunnel. Only this user and root may ask. Its folder is made with mode 0700, and must not
    /// be one that others can write into. Where a running program has that socket, this one gets a name with its
    /// process id: control_socket(). If it cannot be made, start() fails; in the usual place it logs that and
    /// continues. "off" (the default): none.
    Builder& control(std::string path) { return set("control", std::move(path)); }
    /// Sets where Prometheus reads numbers about this client, by HTTP: an IP address with a port (0: the system
    /// chooses, metrics_endpoint()), or "default" for 127.0.0.1:7836. Everybody who can connect may read them. If it
    /// cannot listen there, start() fails. "off" (the default): nowhere. docs/metrics.md lists what there is.
    Builder& metrics(std::string address) { return set("metrics", std::move(address)); }
    /// Sets where a browser finds the dashboard: an address with a port (0: the system chooses, dashboard_endpoint()),
    /// or "default" for 127.0.0.1:4040 or the next free port. On a loopback address this user and root alone are
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
    /// Runs the client inside this io_context instead of on threads of its own. Exactly one thread must run the
    /// io_context, and it must outlive the Client.
    Builder& run_on(asio::io_context& context);

    /// Sets how many connections to the server one tunnel keeps, 1 to 16. Visitors are spread over the connections, and
    /// over the workers of both sides; when a connection breaks, only its own visitors are lost, and it comes back by
    /// itself. With two, a visitor that connects while one of them moves much data gets the other and does not wait.
    /// More help where one core on each side is not enough for the visitors' traffic, and on lines that lose packets.
    /// Default: two where a round trip to the server takes less than 2 ms; else one, on which visitors share the line
    /// evenly.
    Builder& connections(unsigned count) { return set("connections", std::uint64_t{count}); }

    /// Turns encryption off. The token is still never sent, but anyone in between can read and take over everything.
    Builder& tls_off(bool off = true) { return set("tls", !off); }
    /// Checks the server's certificate and name against the CAs in this PEM file; "system" means the system's CAs.
    Builder& tls_ca(std::string file) { return set("tls_ca", std::move(file)); }
    /// Accepts only a server with this public key, as it prints it at start: "sha256:" and base64 or hexadecimal.
    Builder& tls_pin(std::string pin) { return set("tls_pin", std::move(pin)); }

    /// Gives up after this many failed attempts in a row to connect, at most 1,000,000; 0 (the default): never.
    Builder& attempts(unsigned count) { return set("attempts", std::uint64_t{count < 1'000'000 ? count : 1'000'000}); }
    /// Continues where a server that has proved to be the right one refuses the token or the version, which ends the
    /// client otherwise: the next attempt is made after `wait` to five times that, drawn at random; at most 1 h, 0 (the
    /// default): it ends. For clients that nobody looks after: a token may be renewed, a server updated.
    Builder& retry_refused(std::chrono::milliseconds wait) { return set("retry_refused", wait); }
    /// Sets what a client and its successor have in common, for replace(): a text of up to 64 bytes that no other
    /// client of this token has. Default: none.
    Builder& identity(std::string identity) { return set("identity", std::move(identity)); }
    /// Takes the place of the client with this token and identity (docs/operations.md, "Hand-over of a client") once
    /// all services are registered and healthy: add them before start(), as later ones are not waited for. Told by
    /// Event::Kind::took_over. The other one is told Event::Kind::replaced; it takes no new visitors and stops when it
    /// has finished those that it has, or when stop() is called. Default: off.
    Builder& replace(bool on = true) { return set("replace", on); }
    /// For the program around the client alone: how long it stays after another client has taken its place. At most
    /// 1 h. Default: 0.
    Builder& linger(std::chrono::milliseconds time) { return set("linger", time); }
    /// Where the server's administrator may lead services of this client to: addresses or networks with ports,
    /// "127.0.0.1:3000-3999". They are added, removed and switched by the server's control API, and kept where
    /// keep_services_beside() says a file. Default: nowhere.
    Builder& managed(std::vector<std::string> targets) { return set("managed", std::move(targets)); }
    /// Keeps the latest exchanges between visitors and backends in memory, with secrets masked: requests and answers
    /// with their bodies, messages of WebSockets and event streams, connections of other services. The control socket
    /// tells of them (`ferrotunnel inspect`, docs/inspector.md). Default: off. What an application serves itself is not
    /// recorded.
    Builder& inspect(bool on = true) { return set("inspect", on); }
    /// Limits what all kept exchanges take together, 1 MiB to 4 GiB. Default: 32 MiB.
    Builder& inspect_memory(std::uint64_t bytes) { return set("inspect_memory", bytes); }
    /// Limits what is kept of each body, at most 1 MiB; 0: nothing. Default: 64 KiB.
    Builder& inspect_body(std::uint64_t bytes) { return set("inspect_body", bytes); }
    /// Adds words to those by which secrets are found: parts of the names of fields, parameters and members, like
    /// "iban" in "customer_iban" and "customerIban". "off" alone: nothing is masked.
    Builder& inspect_mask(std::vector<std::string> words) { return set("inspect_mask", std::move(words)); }
    /// Sets the private services of other clients that start() begins to visit, up to 256; see Client::visit. start()
    /// throws std::system_error where it cannot listen. apply() compares them: one that is new is begun, one that is
    /// not there any more accepts no new visitors, and where only the service or the key differs the address stays.
    Builder& visits(std::vector<Visit> visits);

    /// Sets the deadlines and intervals; replaces all of them.
    Builder& timing(const Timing& timing);
    /// Sets the handler of the client's events. Default: none.
    Builder& on_event(EventHandler handler);
    /// Sets where log lines of this level and above go. Default: nothing is logged.
    Builder& log(LogSink sink, LogLevel level = LogLevel::info);

    /// Makes the Client; throws config_error with all problems. The Builder is used up.
    Client build();
    /// Like build(), but does not throw: where it fails there is no Client, and the problems are appended.
    std::optional<Client> try_build(std::vector<Problem>& problems);
    /// Returns the problems that can be found without making anything; the Builder stays as it is.
    std::vector<Problem> check() const;

private:
    friend struct detail::BuilderAccess;

    /// `setting`: its key in a configuration file. Of no other types than those that settings have.
    template <typename T>
    Builder& set(std::string_view setting, T value);

    std::unique_ptr<detail::ClientSettings> settings_;
};

}  // namespace ferrotunnel
