// A session whose stream ids run out is replaced by a fresh one without a visitor noticing.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <cstring>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "runtime/acceptor.hpp"
#include "runtime/system_random.hpp"
#include "runtime/worker.hpp"
#include "tunnel/client_link.hpp"
#include "tunnel/server_session.hpp"
#include "unit/tunnel/plain_port.hpp"

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

constexpr Backoff::Settings settings_of_backoff;

TEST_CASE("a session rotates at three quarters of its ids, and no visitor notices", "[threads]") {
    const std::size_t trunks = GENERATE(1U, 3U);
    const bool far = GENERATE(false, true);
    const bool patient = GENERATE(false, true);
    CAPTURE(trunks, far, patient);
    Echo echo;
    runtime::SystemRandom random;
    Token token = parse_token(make_token(random)).value();
    std::atomic<int> connects{0};
    std::atomic<int> logins{0};  // fresh sessions in place of others
    std::atomic<int> losses{0};
    std::atomic<int> down{0};  // as the client sees it
    std::atomic<unsigned> most_trunks{0};

    auto server = std::make_shared<ServerShared>();
    server->registry = std::make_shared<Registry>();
    server->tokens = std::make_shared<std::vector<AcceptedToken>>(1, AcceptedToken{"test", token, {}});
    server->mux.role = mux::Role::server;
    server->mux.rotate_at = 21;    // ten visitors
    server->mux.last_id = 20'001;  // what comes while the fresh session logs in
    server->tcp_bind = *runtime::SocketAddress::from_ip("127.0.0.1", 0);
    server->public_host = "127.0.0.1";
    server->open_port = test::PlainPort::open;
    server->notify = [&](const ServerNotice& notice) {
        connects += notice.kind == ServerNotice::Kind::connected ? 1 : 0;
        logins += notice.kind == ServerNotice::Kind::joined ? 1 : 0;
        losses += notice.kind == ServerNotice::Kind::lost || notice.kind == ServerNotice::Kind::degraded ? 1 : 0;
    };
    server->log = &null_logger();
    server->random = &random;

    auto client = std::make_shared<ClientShared>();
    client->token = token;
    client->log = &null_logger();
    client->random = &random;

    runtime::Worker server_workers[2];
    runtime::Worker client_workers[2];
    runtime::Worker& client_worker = client_workers[0];
    std::mutex mutex;
    std::vector<std::shared_ptr<ServerSession>> sessions;
    std::unique_ptr<runtime::Acceptor> acceptor;
    std::unique_ptr<ClientLink> link;
    std::promise<std::uint16_t> reachable;
    bool told = false;
    for (int i = 0; i < 2; ++i) {
        server_workers[i].start();
        client_workers[i].start();
    }

    std::size_t turn = 0;
    auto serve = [&](runtime::Fd accepted, const runtime::SocketAddress& from) {
        runtime::Worker& worker = server_workers[turn++ % 2];
        worker.post([&, from, socket = std::make_shared<runtime::Fd>(std::move(accepted))] {
            auto session = std::make_shared<ServerSession>(worker, from, server, ServerSession::Callbacks{});
            {
                std::lock_guard lock(mutex);
                sessions.push_back(session);
            }
            session->start(std::move(*socket));
        });
    };
    run_on(server_workers[0], [&] {
        std::error_code error;
        runtime::Fd listener = runtime::listen_on(*runtime::SocketAddress::from_ip("127.0.0.1", 0), error);
        client->server = {"127.0.0.1", runtime::local_address(listener.get()).port()};
        acceptor = std::make_unique<runtime::Acceptor>(server_workers[0], std::move(listener),
                                                       runtime::Acceptor::Handlers{serve, {}});
    });
    run_on(client_worker, [&] {
        ClientLink::Settings settings;
        if (!patient) {
            settings.backoff.lived_long = Duration::zero();  // ids run out all the time here
        }
        if (far) {
            settings.near_below = Duration::zero();
        }
        for (std::size_t i = 0; i < trunks; ++i) {
            settings.trunk_workers.push_back(&client_workers[i % 2]);
        }
        link = std::make_unique<ClientLink>(client_worker, client, settings, [&](const LinkNotice& notice) {
            if (notice.kind == LinkNotice::Kind::registered && !std::exchange(told, true)) {
                reachable.set_value(notice.port);
            }
            most_trunks = std::max(most_trunks.load(), notice.trunks);
            down += notice.kind == LinkNotice::Kind::lost || notice.kind == LinkNotice::Kind::degraded ? 1 : 0;
        });
        ClientService service;
        service.id = 1;
        service.name = "echo";
        service.backend.place.at = {"127.0.0.1", echo.port()};
        link->add(std::move(service));
        link->start();
    });

    std::uint16_t port = reachable.get_future().get();
    int old = dial(port);
    CHECK(exchange(old, "first"));
    const TimePoint began = Clock::now();
    int served = 0;
    for (int i = 0; i < 200; ++i) {
        int fd = dial(port);
        served += exchange(fd, "hello") ? 1 : 0;
        ::close(fd);
    }
    CHECK(served == 200);
    CHECK(exchange(old, "the first session still serves its visitor"));
    CHECK(connects == 1);
    if (patient) {  // once at once, then with the back-off of a server that drops its clients
        const auto waits = (Clock::now() - began) / settings_of_backoff.first + 1;
        CHECK(logins <= static_cast<int>(trunks) * (1 + static_cast<int>(waits)));
        CHECK(logins >= static_cast<int>(far ? 1 : trunks));
    } else {
        CHECK(logins > static_cast<int>(trunks));
    }
    CHECK(most_trunks == (far ? 1 : trunks));  // a far server gets the first one alone
    CHECK(down == 0);
    CHECK(losses == 0);
    ::close(old);

    run_on(client_worker, [&] { link->stop(); });
    for (auto* workers : {server_workers, client_workers}) {
        workers[0].stop();
        workers[1].stop();
        workers[0].join();
        workers[1].join();
    }
    acceptor.reset();
    for (auto& session : sessions) {
        session->abandon();
    }
    server->ports->end();
    link.reset();
}
