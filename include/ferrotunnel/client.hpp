// The client: offers services of this side on a server's public ports and HTTP hosts.
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
#include "ferrotunnel/http.hpp"
#include "ferrotunnel/listener.hpp"
#include "ferrotunnel/log.hpp"
#include "ferrotunnel/secret.hpp"
#include "ferrotunnel/service.hpp"
#include "ferrotunnel/stats.hpp"
#include "ferrotunnel/stream.hpp"
#include "ferrotunnel/tcp.hpp"
#include "ferrotunnel/timing.hpp"
#include "ferrotunnel/tls.hpp"

namespace asio {
class io_context;
}

namespace ferrotunnel {

class Config;

namespace detail {
struct ClientSettings;

/// A Listener, when the server has registered the service.
class ListenOperation : public Operation<std::error_code, Listener> {
public:
    asio::any_io_executor executor;  // of the new Listener

protected:
    ~ListenOperation() = default;
};
}  // namespace detail

/// A handle to a running client. All members may be called from any thread, except moves and the destructor, which
/// belong to one. The client connects and reconnects by itself, for ever unless the builder says otherwise. It stops
/// for good when it is superseded, or when a server that has never let it in, and has proved to be the server (by its
/// certificate, which `tls_ca` or `tls_pin` verify), refuses its token. Otherwise a refused token is one failed
/// attempt, and `attempts` bounds those: whoever sits in between could say so, or a server that was started with a
/// wrong file. A service that is refused is asked for again, after a second at first and then more and more seldom, at
/// least every `Timing::reconnect_max`.
class FERROTUNNEL_EXPORT Client {
public:
    class Builder;
    class Impl;

    static Builder builder();

    /// Empty: only assigning to it makes sense; other members throw or return errc::not_running.
    Client() noexcept;
    Client(Client&&) noexcept;
    Client& operator=(Client&&) noexcept;
    /// Stops at once and joins its threads. Not from one of its own callbacks. With run_on: on the io_context's thread,
    /// or when nobody runs it, and before the io_context is gone.
    ~Client();

    /// Offers a service; before start() or at any time later. Returns at once, see Service::state(). Throws
    /// config_error when the description can not be right (no `local`, a name that is in use).
    Service add(Tcp service);
    Service add(Http service);
    Service add(Tls service);

    /// Begins to connect; returns at once. Throws std::system_error with errc::already_running the second time.
    void start();

    /// Waits until the client is connected and every service that was added so far is registered or refused; with
    /// several connections, on the first of them. No error:
    /// all registered. Else the first refusal; errc::timed_out; what ended the client for good; errc::not_running; or
    /// errc::would_deadlock if called on a thread that the answer needs (a worker; with run_on: the io_context's).
    [[nodiscard]] std::error_code wait_ready(std::chrono::milliseconds timeout);

    /// Offers a service that the application serves itself; `local` is not used. Before start() or at any time later.
    /// Returns at once, and throws like add(). Accepts may begin at once too: the first visitor comes when the server
    /// has registered the service, see Listener::service(). The Listener's executor is `executor`, or get_executor().
    Listener listen(Tcp service, asio::any_io_executor executor = {});

    /// The same for HTTP. Each Stream is what a connection from a reverse proxy would be: raw HTTP/1.1, one request
    /// after the other, from any number of visitors, and never the next one before the answer to this one is complete.
    /// The server has checked and rewritten the requests: one Host, one framing (Content-Length or chunked), no
    /// hop-by-hop fields, who asks in X-Forwarded-For. The application answers in HTTP/1.1; it may end the Stream
    /// between two requests at any time (`Connection: close` on the last answer), and so may the server. After an
    /// answer of 101 the Stream is the visitor's connection, byte by byte.
    Listener listen(Http service, asio::any_io_executor executor = {});

    /// The same for TLS that nobody has touched: each Stream is one visitor's connection, and begins with its
    /// ClientHello.
    Listener listen(Tls service, asio::any_io_executor executor = {});

    /// listen(), completed when the server has registered the service: `void(std::error_code, Listener)`. The
    /// Listener's executor is that of the handler, or get_executor(). Fails like wait_ready; with
    /// asio::error::operation_aborted when the client stops before; with errc::invalid_argument where listen() throws
    /// config_error. Why, as a sentence, is then in the event `refused` and in the log.
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

    /// Takes no new visitors, lets the present ones finish for at most `drain`, ends the rest, disconnects and joins.
    /// No error: all had finished; errc::timed_out: some streams were cut, also when no time was given (of HTTP
    /// services that may have been connections kept for a next request); errc::would_deadlock on a worker (nothing
    /// happens; with run_on: on the io_context's thread if `drain` is above zero), in its event handler and in its log
    /// sink. Several threads that call it are answered alike, when all is over; the shortest `drain` counts. Once it is
    /// over, it does nothing. Streams then fail with errc::session_closed. With run_on it waits for the io_context up
    /// to three seconds longer, for the goodbye, and then goes without: nothing of this object runs there any more.
    std::error_code stop(std::chrono::milliseconds drain = std::chrono::milliseconds(0));

    /// At least one connection is up.
    bool connected() const;
    ClientStats stats() const;
    /// For handlers that bring no executor: a worker, or the application's io_context. When the worker has stopped,
    /// what it is given runs on Asio's system executor. Timers and sockets made with it must not outlive this Client.
    asio::any_io_executor get_executor() const;

    /// For the library.
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

/// Collects settings; each call replaces what an earlier one said. Only `server` and `token` are required. It holds a
/// secret, so it is moved and never copied: keep one as `Client::Builder builder;` and then call its members.
class FERROTUNNEL_EXPORT Client::Builder {
public:
    static constexpr unsigned connections_default = 2;  ///< where the server is near

    Builder();
    Builder(Builder&&) noexcept;
    Builder& operator=(Builder&&) noexcept;
    ~Builder();

    /// "host:port", "host" (port 7835), "192.0.2.1:7835", "[2001:db8::1]:7835".
    Builder& server(std::string address);
    Builder& token(Secret token);
    /// Accepts a token that was made up by a person also when the server is not on this machine. Default: refused.
    Builder& allow_weak_token(bool allow = true);

    /// What this client is called where the server shows it (TunnelInfo, events, logs) and dials it
    /// (Server::async_open): up to 64 letters, digits and "._-:/*". It need not be the only one of that name. Default:
    /// none.
    Builder& name(std::string name);

    /// Threads; 0 (the default): one per core, up to 256.
    Builder& workers(std::size_t count);
    /// Of memory for visitors' bytes, in bytes: 16 MiB at least; 0 (the default): a quarter of what the machine or the
    /// container has. Beyond half of it windows and send queues are small; beyond it visitors who do not read, or whose
    /// service does not, are reset.
    Builder& memory_max(std::uint64_t bytes);
    /// Instead of own threads: runs inside this io_context, which exactly one thread runs and which outlives the
    /// Client.
    Builder& run_on(asio::io_context& context);

    /// Keeps this many connections to the server, 1 to 16, for one tunnel: visitors are spread over them, and over the
    /// workers of both sides; when one breaks, only its own visitors are lost, and it comes back by itself. With two,
    /// who comes while one moves much gets the other, and does not wait. More help where one core each is not enough
    /// for what visitors move, and on lines that lose packets. Unless set: two where a round trip to the server takes
    /// less than 2 ms; else one, on which visitors share the line evenly.
    Builder& connections(unsigned count);

    /// Without encryption. The token is still never sent, but who sits in between can read and take over everything.
    Builder& tls_off(bool off = true);
    /// Checks the server's certificate and name against the CAs in this PEM file, "system" for the system's.
    Builder& tls_ca(std::string file);
    /// Accepts only this public key, as the server prints it at start: "sha256:" and base64 or hexadecimal.
    Builder& tls_pin(std::string pin);

    /// Gives up after this many failed attempts in a row to connect; 0 (the default): never.
    Builder& attempts(unsigned count);
    Builder& timing(const Timing& timing);
    Builder& on_event(EventHandler handler);
    /// Without it nothing is logged.
    Builder& log(LogSink sink, LogLevel level = LogLevel::info);

    /// Throws config_error with all problems. The Builder is used up.
    Client build();
    /// The same without throwing: no Client, and the problems are appended.
    std::optional<Client> try_build(std::vector<Problem>& problems);
    /// The problems that can be told without making anything; the Builder stays as it is.
    std::vector<Problem> check() const;

private:
    friend class Config;

    std::unique_ptr<detail::ClientSettings> settings_;
};

}  // namespace ferrotunnel
