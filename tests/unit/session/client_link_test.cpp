#include "session/client_link.hpp"

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <exception>
#include <memory>
#include <new>
#include <thread>
#include <vector>

#include "support/lasting_port.hpp"
#include "unit/runtime/loop.hpp"
#include "unit/session/wire_client.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::session;
using namespace ferrotunnel::session::test;
using namespace std::chrono_literals;
using runtime::test::on;
using runtime::test::Signal;
using LinkKind = LinkNotice::Kind;

namespace {

/// A link on a worker of its own to a port of the test's choice.
class LinkRig {
public:
    explicit LinkRig(std::uint16_t port, std::shared_ptr<transport::TlsContext> tls = nullptr, unsigned attempts = 0,
                     std::size_t trunks = 1) {
        shared->servers = {{"127.0.0.1", port}};
        shared->token = new_token();
        shared->tls = std::move(tls);
        shared->handshake_deadline = 1h;
        shared->log = &null_logger();
        shared->random = &runtime::system_random();
        ClientLink::Settings settings;
        settings.attempts = attempts;
        settings.backoff.first = 1ms;
        settings.backoff.max = 5ms;
        settings.trunk_workers.assign(trunks, &worker);
        worker.start();
        on(worker, [&] {
            link = std::make_unique<ClientLink>(worker, shared, settings, [this](const LinkNotice& notice) {
                notices.push_back(notice.kind);
                last_code = notice.code;
                if (on_notice) {
                    on_notice(notice);
                }
                if (notice.kind == LinkKind::stopped) {
                    stopped.tell();
                }
            });
        });
    }
    ~LinkRig() {
        worker.stop();
        worker.join();
        link.reset();
    }
    void start() {
        on(worker, [&] { link->start(); });
    }
    std::vector<LinkKind> told() {
        return on(worker, [&] { return notices; });
    }

    runtime::Worker worker;
    std::shared_ptr<ClientShared> shared = std::make_shared<ClientShared>();
    std::unique_ptr<ClientLink> link;
    std::function<void(const LinkNotice&)> on_notice;  // used on the worker alone, like what follows
    std::vector<LinkKind> notices;
    wire::Code last_code = wire::Code::none;
    Signal stopped;
};

/// A port that takes connections, in the kernel, and says nothing.
struct Mute {
    std::uint16_t port() const { return runtime::local_address(listener.get()).port(); }
    void wait_for_client() { transport::test::wait_for(listener.get(), POLLIN); }
    const runtime::Fd listener = transport::test::listen_on_loopback();
};

std::uint16_t closed_port() {
    return ferrotunnel::test::lasting_port();  // nobody listens there
}

}  // namespace

TEST_CASE("a link gives up after its attempts") {
    LinkRig rig(closed_port(), nullptr, 3);
    rig.start();
    REQUIRE(rig.stopped.wait());
    CHECK(rig.told() == std::vector<LinkKind>{LinkKind::lost, LinkKind::reconnecting, LinkKind::lost,
                                              LinkKind::reconnecting, LinkKind::lost, LinkKind::stopped});
    CHECK(rig.last_code == wire::Code::refused);
}

namespace {

/// Takes `times` connections, one after the other, and answers each client's first bytes with the same frames, on a
/// thread of its own.
class Answers {
public:
    Answers(std::vector<std::uint8_t> bytes, int times)
        : thread_([this, bytes = std::move(bytes), times] {
              for (int i = 0; i < times; ++i) {
                  transport::test::wait_for(mute.listener.get(), POLLIN);
                  runtime::Fd socket(::accept4(mute.listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
                  std::array<char, 4'096> read{};
                  transport::test::wait_for(socket.get(), POLLIN);
                  (void)::recv(socket.get(), read.data(), read.size(), 0);
                  (void)::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
                  (void)::shutdown(socket.get(), SHUT_WR);
                  while (::recv(socket.get(), read.data(), read.size(), 0) > 0) {
                  }
              }
          }) {}
    ~Answers() { thread_.join(); }

    Mute mute;

private:
    std::thread thread_;
};

}  // namespace

TEST_CASE("what somebody says who has not proved to be the server ends an attempt, and no client") {
    const wire::Code code = GENERATE(wire::Code::unauthorized, wire::Code::superseded, wire::Code::version);
    constexpr int attempts = 3;
    Answers somebody(WireClient::frame_of(wire::encode_control(wire::Refused{0, code, "Go away."})), attempts);
    LinkRig rig(somebody.mute.port(), nullptr, attempts);
    std::string told;
    on(rig.worker, [&] { rig.on_notice = [&](const LinkNotice& notice) { told = notice.text; }; });
    rig.start();
    REQUIRE(rig.stopped.wait());
    CHECK(rig.told() == std::vector<LinkKind>{LinkKind::lost, LinkKind::reconnecting, LinkKind::lost,
                                              LinkKind::reconnecting, LinkKind::lost, LinkKind::stopped});
    CHECK(rig.last_code == code);
    CHECK(told.find("may be intercepted") != std::string::npos);
}

TEST_CASE("while nothing is connected, one of several trunks tries for all") {
    LinkRig rig(closed_port(), nullptr, 2, 3);
    rig.start();
    REQUIRE(rig.stopped.wait());
    CHECK(rig.told() ==
          std::vector<LinkKind>{LinkKind::lost, LinkKind::reconnecting, LinkKind::lost, LinkKind::stopped});
}

TEST_CASE("a link that is stopped by who hears of a loss tells nothing more") {
    LinkRig rig(closed_port());
    on(rig.worker, [&] {
        rig.on_notice = [&](const LinkNotice& notice) {
            if (notice.kind == LinkKind::lost) {
                rig.link->stop();
            }
        };
    });
    rig.start();
    REQUIRE(rig.stopped.wait());
    CHECK(rig.told() == std::vector<LinkKind>{LinkKind::lost, LinkKind::stopped});
}

TEST_CASE("a link stops while it connects, shakes hands or logs in") {
    Mute mute;
    const bool tls = GENERATE(true, false);  // without TLS it is the server's hello that does not come
    const bool drain = GENERATE(true, false);
    LinkRig rig(mute.port(), tls ? transport::test::client_context() : nullptr);
    rig.start();
    mute.wait_for_client();
    on(rig.worker, [&] { drain ? rig.link->drain() : rig.link->stop(); });
    REQUIRE(rig.stopped.wait());
    CHECK(rig.last_code == wire::Code::none);
    CHECK(rig.told() == std::vector<LinkKind>{LinkKind::stopped});
}

TEST_CASE("a link stops while it waits to connect again, and before it was started") {
    LinkRig rig(closed_port());
    bool started = GENERATE(true, false);
    if (started) {
        Signal waiting;
        on(rig.worker, [&] {
            rig.on_notice = [&](const LinkNotice& notice) {
                if (notice.kind == LinkKind::reconnecting) {
                    waiting.tell();
                }
            };
        });
        rig.start();
        REQUIRE(waiting.wait());
        on(rig.worker, [&] { rig.on_notice = nullptr; });
    }
    on(rig.worker, [&] { rig.link->drain(); });
    REQUIRE(rig.stopped.wait());
    CHECK(rig.last_code == wire::Code::none);
}

TEST_CASE("a link that is destroyed in the middle of a handshake lets go of everything") {
    Mute mute;
    LinkRig rig(mute.port(), transport::test::client_context());
    rig.start();
    mute.wait_for_client();
}

#ifndef __SANITIZE_THREAD__  // it lets no child have threads where its parent had some

TEST_CASE("a client that has no memory to hear of its trunk's end ends, and does not stay without a server for ever") {
    constexpr int terminated = 7;
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        std::set_terminate([] { ::_exit(terminated); });
        LinkRig rig(closed_port());
        rig.on_notice = [](const LinkNotice&) { throw std::bad_alloc(); };
        rig.start();
        (void)rig.stopped.wait();
        ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == terminated);
}

#endif
