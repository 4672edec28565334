// A session whose stream ids run out is replaced by a fresh one without a visitor noticing.
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cstring>
#include <future>
#include <thread>
#include <vector>

#include "runtime/acceptor.hpp"
#include "runtime/system_random.hpp"
#include "runtime/worker.hpp"
#include "tunnel/client_link.hpp"
#include "tunnel/server_session.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::tunnel;

namespace {

// A backend that echoes, with a thread per connection.
class Echo {
public:
    Echo() {
        std::error_code error;
        listener_ = runtime::listen_on(*runtime::SocketAddress::from_ip("127.0.0.1", 0), error);
        REQUIRE_FALSE(error);
        thread_ = std::thread([this] { accept_all(); });
    }
    ~Echo() {
        ::shutdown(listener_.get(), SHUT_RDWR);
        stop_ = true;
        thread_.join();
        for (std::thread& connection : connections_) {
            connection.join();
        }
    }
    std::uint16_t port() const { return runtime::local_address(listener_.get()).port(); }

private:
    static void serve(int fd) {
        char buffer[256];
        ssize_t n = 0;
        while ((n = ::recv(fd, buffer, sizeof buffer, 0)) > 0) {
            (void)::send(fd, buffer, static_cast<std::size_t>(n), MSG_NOSIGNAL);
        }
        ::close(fd);
    }
    void accept_all() {
        while (!stop_) {
            timeval patience{0, 50'000};
            fd_set set;
            FD_ZERO(&set);
            FD_SET(listener_.get(), &set);
            if (::select(listener_.get() + 1, &set, nullptr, nullptr, &patience) <= 0) {
                continue;
            }
            int fd = ::accept(listener_.get(), nullptr, nullptr);
            if (fd >= 0) {
                connections_.emplace_back(serve, fd);
            }
        }
    }

    runtime::Fd listener_;
    std::atomic<bool> stop_{false};
    std::thread thread_;
    std::vector<std::thread> connections_;
};

// The simplest public port.
class Port final : public PublicPort {
public:
    Port(runtime::Worker& worker, runtime::Fd listener, VisitorHandler on_visitor)
        : acceptor_(worker, std::move(listener), {std::move(on_visitor), {}}) {}
    runtime::SocketAddress address() const override { return acceptor_.address(); }
    runtime::Fd release() override { return acceptor_.release(); }

private:
    runtime::Acceptor acceptor_;
};

int dial(std::uint16_t port) {
    int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    auto address = *runtime::SocketAddress::from_ip("127.0.0.1", port);
    timeval patience{30, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    REQUIRE(::connect(fd, address.raw(), address.raw_size()) == 0);
    return fd;
}

bool exchange(int fd, const char* text) {
    std::size_t size = std::strlen(text);
    if (::send(fd, text, size, MSG_NOSIGNAL) != static_cast<ssize_t>(size)) {
        return false;
    }
    char answer[64];
    std::size_t got = 0;
    while (got < size) {
        ssize_t n = ::recv(fd, answer + got, sizeof answer - got, 0);
        if (n <= 0) {
            return false;
        }
        got += static_cast<std::size_t>(n);
    }
    return std::memcmp(answer, text, size) == 0;
}

template <typename Action>
void run_on(runtime::Worker& worker, Action action) {
    std::promise<void> done;
    worker.post([&] {
        action();
        done.set_value();
    });
    done.get_future().wait();
}

}  // namespace

TEST_CASE("a session rotates at three quarters of its ids, and no visitor notices", "[threads]") {
    Echo echo;
    runtime::SystemRandom random;
    Token token = parse_token(make_token(random)).value();
    std::atomic<int> logins{0};

    auto server = std::make_shared<ServerShared>();
    server->registry = std::make_shared<Registry>();
    server->tokens = std::make_shared<std::vector<AcceptedToken>>(1, AcceptedToken{"test", token, {}});
    server->mux.role = mux::Role::server;
    server->mux.rotate_at = 21;    // ten visitors
    server->mux.last_id = 20'001;  // what comes while the fresh session logs in
    server->tcp_bind = *runtime::SocketAddress::from_ip("127.0.0.1", 0);
    server->public_host = "127.0.0.1";
    server->open_port = [](runtime::Worker& worker, runtime::Fd listener, VisitorHandler on_visitor) {
        return std::make_unique<Port>(worker, std::move(listener), std::move(on_visitor));
    };
    server->notify = [&](const ServerNotice& notice) {
        logins += notice.kind == ServerNotice::Kind::connected ? 1 : 0;
    };
    server->log = &null_logger();
    server->random = &random;

    auto client = std::make_shared<ClientShared>();
    client->token = token;
    client->log = &null_logger();
    client->random = &random;

    runtime::Worker server_worker;
    runtime::Worker client_worker;
    std::vector<std::shared_ptr<ServerSession>> sessions;
    std::unique_ptr<runtime::Acceptor> acceptor;
    std::unique_ptr<ClientLink> link;
    std::promise<std::uint16_t> reachable;
    bool told = false;
    server_worker.start();
    client_worker.start();

    run_on(server_worker, [&] {
        std::error_code error;
        runtime::Fd listener = runtime::listen_on(*runtime::SocketAddress::from_ip("127.0.0.1", 0), error);
        client->server = {"127.0.0.1", runtime::local_address(listener.get()).port()};
        acceptor = std::make_unique<runtime::Acceptor>(
            server_worker, std::move(listener),
            runtime::Acceptor::Handlers{[&](runtime::Fd socket, const runtime::SocketAddress& from) {
                                            auto session = std::make_shared<ServerSession>(server_worker, from, server,
                                                                                           ServerSession::Callbacks{});
                                            sessions.push_back(session);
                                            session->start(std::move(socket));
                                        },
                                        {}});
    });
    run_on(client_worker, [&] {
        link =
            std::make_unique<ClientLink>(client_worker, client, ClientLink::Settings{}, [&](const LinkNotice& notice) {
                if (notice.kind == LinkNotice::Kind::registered && !std::exchange(told, true)) {
                    reachable.set_value(notice.port);
                }
            });
        ClientService service;
        service.id = 1;
        service.name = "echo";
        service.local = {"127.0.0.1", echo.port()};
        link->add(std::move(service));
        link->start();
    });

    std::uint16_t port = reachable.get_future().get();
    int old = dial(port);
    CHECK(exchange(old, "first"));
    int served = 0;
    for (int i = 0; i < 200; ++i) {
        int fd = dial(port);
        served += exchange(fd, "hello") ? 1 : 0;
        ::close(fd);
    }
    CHECK(served == 200);
    CHECK(exchange(old, "the first session still serves its visitor"));
    CHECK(logins > 1);
    ::close(old);

    run_on(client_worker, [&] { link->stop(); });
    server_worker.stop();
    client_worker.stop();
    server_worker.join();
    client_worker.join();
    acceptor.reset();
    for (auto& session : sessions) {
        session->abandon();
    }
    link.reset();
}
