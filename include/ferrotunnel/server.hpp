// The server: gives clients public ports, and their HTTP services hosts.
//
//    auto server = ferrotunnel::Server::builder()
//                      .bind("0.0.0.0:7835")
//                      .token(ferrotunnel::Secret::from_file("/etc/ferrotunnel/token"))
//                      .build();
//    server.start();
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include "ferrotunnel/detail/operation.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/event.hpp"
#include "ferrotunnel/export.hpp"
#include "ferrotunnel/http_settings.hpp"
#include "ferrotunnel/https.hpp"
#include "ferrotunnel/log.hpp"
#include "ferrotunnel/secret.hpp"
#include "ferrotunnel/stats.hpp"
#include "ferrotunnel/stream.hpp"
#include "ferrotunnel/timing.hpp"

namespace asio {
class io_context;
}

namespace ferrotunnel {

class Config;

namespace detail {
struct ServerSettings;

class OpenAttempt;

/// A Stream, when the client has connected it to its service.
class OpenOperation : public Operation<std::error_code, Stream> {
public:
    asio::any_io_executor executor;  // of the new Stream

protected:
    ~OpenOperation() = default;
};

/// The library's side of async_open.
FERROTUNNEL_EXPORT std::shared_ptr<OpenAttempt> make_attempt(OpenOperation* operation);
FERROTUNNEL_EXPORT void cancel_open(OpenAttempt& attempt) noexcept;
}  // namespace detail

/// What Server::async_open dials. It has constructors, and so is safe within `co_await` (see Tcp).
struct OpenTarget {
    OpenTarget(std::string service_in, std::string client_in = {})  // NOLINT(google-explicit-constructor)
        : service(std::move(service_in)), client(std::move(client_in)) {}
    OpenTarget(const char* service_in) : service(service_in) {}  // NOLINT(google-explicit-constructor)

    /// A name or a public endpoint as Server::tunnels() lists them, or ":port".
    std::string service;
    /// Of the client with this name (Client::Builder::name). Empty: of whichever has such a service; where several
    /// have one, that is left to chance.
    std::string client{};
    /// Of a client that logged in with the token of this name (Builder::token). What clients call themselves is their
    /// word; which token they have is the server's. Empty: whichever.
    std::string token{};
    /// Until the client has connected it; then errc::timed_out. At most Timing::open_timeout, which also counts where
    /// this is 0. Below 0: at once.
    std::chrono::milliseconds timeout{0};
};

/// A handle to a server. All members may be called from any thread, except moves and the destructor, which belong to
/// one.
class FERROTUNNEL_EXPORT Server {
public:
    class Builder;
    class Impl;

    static Builder builder();

    /// Empty: only assigning to it makes sense; other members throw or return errc::not_running.
    Server() noexcept;
    Server(Server&&) noexcept;
    Server& operator=(Server&&) noexcept;
    /// Stops at once and joins its threads. Not from one of its own callbacks. With run_on: on the io_context's thread,
    /// or when nobody runs it, and before the io_context is gone.
    ~Server();

    /// Binds the control port and serves. Throws std::system_error whose text says what could not be done, for instance
    /// "listen on 0.0.0.0:7835: Address already in use"; errc::already_running the second time.
    void start();
    void start(std::error_code& ec);

    /// Where clients connect: what bind() said, with the port that the system chose for 0. Empty before start().
    std::string control_endpoint() const;
    /// Where visitors of HTTP services come in: what http_bind() said, with the port that the system chose for 0. Empty
    /// before start() and without HTTP.
    std::string http_endpoint() const;
    /// The same with TLS, for https_bind().
    std::string https_endpoint() const;
    /// What a client can pin: "sha256:" and base64; empty before start() and with tls_off.
    std::string tls_pin() const;

    std::vector<TunnelInfo> tunnels() const;
    ServerStats stats() const;

    /// Dials a service through its tunnel, as a visitor would: `void(std::error_code, Stream)`, completed when the
    /// client has connected it; over the connection with the fewest visitors, where a client has several. Of `target`,
    /// a string is the service: `async_open("web", token)`, `async_open({"web", "alice"}, token)`. A stream to an HTTP
    /// service is raw: what is written to it reaches the backend as it is. The Stream's executor is that of the
    /// handler, or get_executor(). Fails with errc::unknown_service, refused, timed_out, busy, trunk_lost,
    /// session_closed, not_running; with asio::error::operation_aborted when it is cancelled (all kinds; the client is
    /// then told to give up).
    template <typename OpenToken>
    auto async_open(OpenTarget target, OpenToken&& token) {
        return asio::async_initiate<OpenToken, void(std::error_code, Stream)>(InitiateOpen{this}, token,
                                                                              std::move(target));
    }

    /// Takes no new visitors and clients, lets present streams finish for at most `drain`, ends the rest and joins.
    /// No error: all had finished; errc::timed_out: some streams were cut, also when no time was given (of HTTP
    /// services that may have been connections kept for a next request); errc::would_deadlock on a worker (nothing
    /// happens; with run_on: on the io_context's thread if `drain` is above zero), in its event handler and in its log
    /// sink. Several threads that call it are answered alike, when all is over; the shortest `drain` counts. Once it is
    /// over, it does nothing. Streams then fail with errc::session_closed. With run_on it waits for the io_context up
    /// to three seconds longer, for the goodbye, and then goes without: nothing of this object runs there any more.
    std::error_code stop(std::chrono::milliseconds drain = std::chrono::milliseconds(0));

    /// For handlers that bring no executor: a worker, or the application's io_context. When the worker has stopped,
    /// what it is given runs on Asio's system executor. Timers and sockets made with it must not outlive this Server.
    asio::any_io_executor get_executor() const;

    /// For the library.
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

/// Collects settings; each call replaces what an earlier one said, except token(), which adds. Only a token is
/// required. It holds secrets, so it is moved and never copied: keep one as `Server::Builder builder;` and then call
/// its members.
class FERROTUNNEL_EXPORT Server::Builder {
public:
    static constexpr const char* tcp_bind_default = "0.0.0.0";

    Builder();
    Builder(Builder&&) noexcept;
    Builder& operator=(Builder&&) noexcept;
    ~Builder();

    /// Where clients connect. Default "0.0.0.0:7835"; port 0: the system chooses, see control_endpoint().
    Builder& bind(std::string address);
    /// The local address of the public ports, without a port. Default "0.0.0.0".
    Builder& tcp_bind(std::string address);
    /// How visitors reach this machine, for the endpoints that tunnels() lists. Default: what tcp_bind() says.
    Builder& public_host(std::string host);

    /// Where visitors of HTTP services come in: "0.0.0.0:8080"; port 0: the system chooses, see http_endpoint().
    /// Default: nowhere, and HTTP services are refused. (The program listens on port 8080 unless told otherwise.)
    /// `needed` false: where it can not listen there, start() logs that and goes on without HTTP.
    Builder& http_bind(std::string address, bool needed = true);
    /// Where visitors of HTTP services come in by TLS: "0.0.0.0:8443"; as http_bind(). What it works with is said by
    /// https(); without certificates, no visitor can be served here but by services whose clients do TLS themselves.
    /// start() fails when there are certificates and none can be used. Addresses of HTTP services are then https://
    /// ones where there is a certificate for the host.
    Builder& https_bind(std::string address, bool needed = true);
    Builder& https(Https https);
    /// Proxies and load balancers in front that speak the PROXY protocol, version 1 or 2: "10.0.0.0/8", "::1".
    /// Connections of visitors (HTTP, HTTPS, public ports) that come from there have to begin with such a header, and
    /// the visitor is who that says; those from elsewhere are what they are, whatever they begin with. Default: none.
    Builder& proxy_protocol_from(std::vector<std::string> networks);
    /// HTTP services that name no host get one below this domain, "k7rw2vbd.tunnel.example.com", whose DNS entries
    /// (`*.tunnel.example.com`) point here. Default: such services are refused.
    Builder& domain(std::string name);
    /// Deadlines, limits, trusted proxies and pages of the HTTP edge. Replaces all of them.
    Builder& http_settings(HttpServerSettings settings);

    /// A token that clients may log in with; call it again for more. `name` is for logs and tunnels(); empty: "token-1"
    /// and so on.
    Builder& token(Secret token, std::string name = {});
    /// Accepts tokens that were made up by a person also when bind() is not on a loopback address. Default: refused.
    Builder& allow_weak_token(bool allow = true);
    /// The public ports that clients may have: "2222,8000-8100". Default: every port from 1024 on.
    Builder& allow_ports(std::string ports);

    /// How many connections the clients of one token may have together, 1 to 4,096, and how many public ports, 1 to
    /// 65,535; who comes later is refused (errc::busy), and tries again. Default: with one token as many as there are;
    /// with several 3,584 and 14,000, so that no token keeps the others' clients out.
    Builder& connections_per_token(unsigned count);
    Builder& ports_per_token(unsigned count);

    /// Threads; 0 (the default): one per core, up to 256.
    Builder& workers(std::size_t count);
    /// Of memory for visitors' bytes, over all clients, in bytes: 16 MiB at least; 0 (the default): a quarter of what
    /// the machine or the container has. Beyond half of it windows and send queues are small; beyond it visitors who do
    /// not read, or whose service does not, are reset, those first of the token that holds most. Where there are
    /// several tokens, one of them gets half.
    Builder& memory_max(std::uint64_t bytes);
    /// Instead of own threads: runs inside this io_context, which exactly one thread runs and which outlives the
    /// Server.
    Builder& run_on(asio::io_context& context);

    /// Without encryption. Tokens are still never sent, but who sits in between can read and take over everything.
    Builder& tls_off(bool off = true);
    /// A certificate chain and its key, PEM files. Default: a self-made one, kept in the state directory.
    Builder& tls_certificate(std::string chain_file, std::string key_file);
    /// Where the self-made certificate is kept, made with mode 0700 if needed. Empty (the default): it is made anew at
    /// each start and kept in memory, so that its pin changes.
    Builder& state_dir(std::string directory);

    Builder& timing(const Timing& timing);
    Builder& on_event(EventHandler handler);
    /// Without it nothing is logged.
    Builder& log(LogSink sink, LogLevel level = LogLevel::info);

    /// Throws config_error with all problems. The Builder is used up.
    Server build();
    /// The same without throwing: no Server, and the problems are appended.
    std::optional<Server> try_build(std::vector<Problem>& problems);
    /// The problems that can be told without making anything; the Builder stays as it is.
    std::vector<Problem> check() const;

private:
    friend class Config;

    std::unique_ptr<detail::ServerSettings> settings_;
};

}  // namespace ferrotunnel
