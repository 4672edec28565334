// A session whose stream ids run out is replaced by a fresh one without a visitor noticing.
#include <poll.h>
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
#include "session/client_link.hpp"
#include "support/eventually.hpp"
#include "unit/session/server_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::backend;
using namespace ferrotunnel::session;
using namespace ferrotunnel::session::test;
using ferrotunnel::test::eventually;

namespace {

// A backend that echoes, with a thread per connection.
class Echo {
public:
    Echo() : thread_([this] { accept_all(); }) {}
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

    const runtime::Fd listener_ = listen_on_loopback();
    std::atomic<bool> stop_{false};
    std::vector<std::thread> connections_;
    std::thread thread_;
};

int dial(std::uint16_t port) {
    int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    const auto address = loopback(port);
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

// A server whose sessions have ten ids for visitors, and a client with an echo behind it; two workers each.
class RotationRig {
public:
    RotationRig(std::size_t trunks, ClientLink::Settings settings) {
        set_up_server();
        client_->token = token_;
        client_->log = &null_logger();
        client_->random = &runtime::system_random();
        for (int i = 0; i < 2; ++i) {
            server_workers_[i].start();
            client_workers_[i].start();
        }
        on(server_workers_[0], [&] { listen(); });
        for (std::size_t i = 0; i < trunks; ++i) {
            settings.trunk_workers.push_back(&client_workers_[i % 2]);
        }
        on(client_workers_[0], [&] { connect(settings); });
        port = reachable_.get_future().get();
    }
    ~RotationRig() {
        on(client_workers_[0], [&] { link_->stop(); });
        for (auto* workers : {server_workers_, client_workers_}) {
            workers[0].stop();
            workers[1].stop();
            workers[0].join();
            workers[1].join();
        }
        acceptor_.reset();
        for (auto& session : sessions_) {
            session->abandon();
        }
        server_->ports->end();
        link_.reset();
    }

    /// All connections, and from now on each one after its login.
    void drop_all() {
        drops_ = true;
        std::lock_guard lock(mutex_);
        for (auto& session : sessions_) {
            session->evict(wire::Code::internal, "dropped", [] {});
        }
    }

    /// The session that the client has is to be replaced, and cannot be.
    void rotate_in_vain() {
        on(server_workers_[0], [&] { acceptor_.reset(); });
        std::lock_guard lock(mutex_);
        sessions_.front()->post([](ServerSession& session) { session.handover_to_process(); });
    }
    void remove_service() {
        on(client_workers_[0], [&] { link_->remove(1); });
    }
    std::size_t services() {
        std::lock_guard lock(mutex_);
        return sessions_.front()->view().services.size();
    }

    std::uint16_t port = 0;
    std::atomic<int> connects{0};
    std::atomic<int> logins{0};  // of fresh sessions in place of others
    std::atomic<int> losses{0};
    std::atomic<int> down{0};  // as the client sees it
    std::atomic<unsigned> most_trunks{0};

private:
    void set_up_server() {
        server_->mux.rotate_at = 21;    // after ten visitors
        server_->mux.last_id = 20'001;  // room for visitors that come while the fresh session logs in
        server_->notify = [this](const ServerNotice& notice) {
            connects += notice.kind == ServerNotice::Kind::connected ? 1 : 0;
            logins += notice.kind == ServerNotice::Kind::joined ? 1 : 0;
            losses += notice.kind == ServerNotice::Kind::lost || notice.kind == ServerNotice::Kind::degraded ? 1 : 0;
        };
    }
    void listen() {
        runtime::Fd listener = listen_on_loopback();
        client_->servers = {{"127.0.0.1", runtime::local_address(listener.get()).port()}};
        auto serve = [this](runtime::Fd accepted, const runtime::SocketAddress& from) {
            runtime::Worker& worker = server_workers_[turn_++ % 2];
            worker.post([this, &worker, from, socket = std::make_shared<runtime::Fd>(std::move(accepted))] {
                auto place = std::make_shared<std::weak_ptr<ServerSession>>();
                ServerSession::Callbacks callbacks;
                callbacks.login_over = [this, place](bool) {
                    if (const auto session = place->lock(); session && drops_) {
                        session->evict(wire::Code::internal, "dropped", [] {});
                    }
                };
                auto session = std::make_shared<ServerSession>(worker, from, server_, std::move(callbacks));
                *place = session;
                {
                    std::lock_guard lock(mutex_);
                    sessions_.push_back(session);
                }
                session->start(std::move(*socket));
            });
        };
        acceptor_ = std::make_unique<runtime::Acceptor>(server_workers_[0], std::move(listener),
                                                        runtime::Acceptor::Handlers{serve, {}});
    }
    void connect(const ClientLink::Settings& settings) {
        link_ = std::make_unique<ClientLink>(client_workers_[0], client_, settings, [this](const LinkNotice& notice) {
            if (notice.kind == LinkNotice::Kind::registered && !std::exchange(told_, true)) {
                reachable_.set_value(notice.port);
            }
            most_trunks = std::max(most_trunks.load(), notice.trunks);
            down += notice.kind == LinkNotice::Kind::lost || notice.kind == LinkNotice::Kind::degraded ? 1 : 0;
        });
        ClientService service;
        service.id = 1;
        service.name = "echo";
        service.backend.place.at = {"127.0.0.1", echo_.port()};
        link_->add(std::move(service));
        link_->start();
    }

    Echo echo_;
    const login::Token token_ = new_token();
    const std::shared_ptr<ServerShared> server_ = shared_by_sessions(token_);
    std::shared_ptr<ClientShared> client_ = std::make_shared<ClientShared>();
    runtime::Worker server_workers_[2];
    runtime::Worker client_workers_[2];
    std::mutex mutex_;
    std::vector<std::shared_ptr<ServerSession>> sessions_;
    std::unique_ptr<runtime::Acceptor> acceptor_;
    std::unique_ptr<ClientLink> link_;
    std::promise<std::uint16_t> reachable_;
    std::atomic<bool> drops_{false};
    bool told_ = false;
    std::size_t turn_ = 0;
};

int serve_visitors(std::uint16_t port, int visitors) {
    int served = 0;
    for (int i = 0; i < visitors; ++i) {
        int fd = dial(port);
        served += exchange(fd, "hello") ? 1 : 0;
        ::close(fd);
    }
    return served;
}

}  // namespace

constexpr Backoff::Settings settings_of_backoff;

TEST_CASE("a session rotates at three quarters of its ids, and no visitor notices", "[threads]") {
    const std::size_t trunks = GENERATE(1U, 3U);
    const bool far = GENERATE(false, true);
    const bool patient = GENERATE(false, true);
    CAPTURE(trunks, far, patient);
    ClientLink::Settings settings;
    if (!patient) {
        settings.backoff.lived_long = Duration::zero();  // ids run out all the time here
    }
    if (far) {
        settings.near_threshold = Duration::zero();
    }
    RotationRig rig(trunks, settings);
    const unsigned at_once = far ? 1 : static_cast<unsigned>(trunks);  // a far server gets the first trunk alone
    REQUIRE(eventually([&] { return rig.most_trunks == at_once; }));
    int old = dial(rig.port);
    CHECK(exchange(old, "first"));
    const TimePoint began = Clock::now();
    CHECK(serve_visitors(rig.port, 200) == 200);
    CHECK(exchange(old, "the first session still serves its visitor"));
    CHECK(rig.connects == 1);
    // Visitors do not wait for logins of fresh sessions: they come until there were as many of these as must be.
    const int least = patient ? static_cast<int>(at_once) : static_cast<int>(trunks) + 1;
    REQUIRE(eventually([&] { return rig.logins >= least || serve_visitors(rig.port, 1) != 1; }));
    const int logins = rig.logins;
    CHECK(logins >= least);
    if (patient) {  // first at once, then with the back-off for a server that drops its clients
        const auto waits = (Clock::now() - began) / settings_of_backoff.first + 1;
        CHECK(logins <= static_cast<int>(trunks) * (1 + static_cast<int>(waits)));
    }
    CHECK(rig.most_trunks == at_once);
    CHECK(rig.down == 0);
    CHECK(rig.losses == 0);
    ::close(old);
}

TEST_CASE("a service that is removed while a session is replaced leaves that one too", "[threads]") {
    RotationRig rig(1, ClientLink::Settings());
    CHECK(serve_visitors(rig.port, 1) == 1);
    rig.rotate_in_vain();
    REQUIRE(eventually([&] { return rig.down > 0; }));
    CHECK(serve_visitors(rig.port, 1) == 1);  // the session that was to be replaced continues
    rig.remove_service();
    CHECK(eventually([&] { return rig.services() == 0; }));
}

TEST_CASE("a client keeps so many sessions that were replaced, and ends the oldest beyond them", "[threads]") {
    ClientLink::Settings settings;
    settings.backoff.lived_long = Duration::zero();
    RotationRig rig(1, settings);
    // Holds one visitor of each session; two may get the same session, since a fresh one carries visitors only a moment
    // after its login.
    std::vector<int> held;
    const auto first_has_ended = [&] {
        pollfd look{held.front(), POLLIN, 0};
        return ::poll(&look, 1, 0) != 0;
    };
    do {
        REQUIRE(held.size() < 4 * limits::sessions_retiring_max);
        const int before = rig.logins;
        held.push_back(dial(rig.port));
        CHECK(exchange(held.back(), "held"));
        while (rig.logins == before) {
            CHECK(serve_visitors(rig.port, 1) == 1);
        }
    } while (!first_has_ended());
    CHECK(held.size() > limits::sessions_retiring_max);
    CHECK_FALSE(exchange(held.front(), "is over"));
    CHECK(exchange(held.back(), "still served"));
    CHECK(rig.down == 0);
    for (int fd : held) {
        ::close(fd);
    }
}

TEST_CASE("a server that drops each connection right after its login is not hammered", "[threads]") {
    const std::size_t trunks = GENERATE(1U, 2U, 4U);
    CAPTURE(trunks);
    RotationRig rig(trunks, ClientLink::Settings());
    rig.drop_all();
    std::this_thread::sleep_for(4 * settings_of_backoff.first);
    // Each of four trunks waits for half of a second at least, and longer each time.
    CHECK(rig.connects + rig.logins <= 4 * (1 + 4));
    CHECK(rig.losses > 0);
}
