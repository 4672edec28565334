#include "runtime/acceptor.hpp"

#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <vector>

#include "unit/runtime/loopback.hpp"
#include "unit/runtime/own_loop.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::runtime;
using namespace ferrotunnel::runtime::test;
using namespace std::chrono_literals;

namespace {

Fd connect_to(const SocketAddress& address) {
    std::error_code error;
    return start_connect(address, error);
}

// Waits for the end of a connect or a connection; true when it was refused or reset.
bool is_refused(const Fd& fd) {
    pollfd entry{fd.get(), POLLIN, 0};
    if (::poll(&entry, 1, 60'000) != 1) {
        return false;
    }
    std::uint8_t byte;
    return socket_error(fd.get()) || read_some(fd.get(), MutableBytes(&byte, 1)).status == IoStatus::error;
}

}  // namespace

TEST_CASE("connections are accepted, more than one round takes") {
    OwnLoop loop;
    std::vector<Fd> accepted;
    std::vector<Fd> clients;
    Fd listener = listen_on_loopback();
    SocketAddress address = local_address(listener.get());
    for (int i = 0; i < 200; ++i) {
        clients.push_back(connect_to(address));
    }
    Acceptor acceptor(loop.worker, std::move(listener),
                      {[&](Fd fd, const SocketAddress& peer) {
                           CHECK(peer.is_loopback());
                           CHECK(loop.worker.here());
                           accepted.push_back(std::move(fd));
                       },
                       {}});
    CHECK(acceptor.address().port() == address.port());
    CHECK(loop.run_until([&] { return accepted.size() == 200; }));
    CHECK(acceptor.counters().accepted == 200);
}

TEST_CASE("a pause keeps connections waiting, resume takes them") {
    OwnLoop loop;
    std::vector<Fd> accepted;
    Acceptor acceptor(loop.worker, listen_on_loopback(),
                      {[&](Fd fd, const SocketAddress&) { accepted.push_back(std::move(fd)); }, {}});
    acceptor.pause();
    Fd first = connect_to(acceptor.address());
    Fd second = connect_to(acceptor.address());
    loop.io.run_for(20ms);
    CHECK(accepted.empty());
    acceptor.resume();
    CHECK(loop.run_until([&] { return accepted.size() == 2; }));
}

TEST_CASE("close refuses at once, also from within the handler") {
    OwnLoop loop;
    std::unique_ptr<Acceptor> acceptor;
    int count = 0;
    acceptor = std::make_unique<Acceptor>(loop.worker, listen_on_loopback(),
                                          Acceptor::Handlers{[&](Fd, const SocketAddress&) {
                                                                 ++count;
                                                                 acceptor.reset();
                                                             },
                                                             {}});
    SocketAddress address = acceptor->address();
    Fd first = connect_to(address);
    Fd second = connect_to(address);
    CHECK(loop.run_until([&] { return count == 1; }));
    CHECK(is_refused(second));
    CHECK(is_refused(connect_to(address)));
    CHECK(count == 1);
}

namespace {

// Runs in a child process, because the limit is the process's. Exits with 0 when all is as it should be.
int accept_without_descriptors() {
    OwnLoop loop;
    std::vector<Fd> accepted;
    std::vector<std::error_code> errors;
    Fd listener = listen_on_loopback();
    SocketAddress address = local_address(listener.get());
    Acceptor acceptor(loop.worker, std::move(listener),
                      {[&](Fd fd, const SocketAddress&) { accepted.push_back(std::move(fd)); },
                       [&](std::error_code error) { errors.push_back(error); }});
    std::vector<Fd> clients;
    for (int i = 0; i < 5; ++i) {
        clients.push_back(connect_to(address));
    }
    std::vector<Fd> hoard;
    rlimit few{64, 64};
    if (::setrlimit(RLIMIT_NOFILE, &few) != 0) {
        return 2;
    }
    for (int fd = ::dup(0); fd >= 0; fd = ::dup(0)) {
        hoard.emplace_back(fd);
    }
    if (!loop.run_until([&] { return acceptor.counters().shed == 5; })) {
        return 3;
    }
    for (const Fd& client : clients) {
        if (!is_refused(client)) {
            return 4;
        }
    }
    if (errors.empty() || errors.front().value() != EMFILE || !accepted.empty() || acceptor.counters().errors == 0) {
        return 5;
    }
    hoard.resize(hoard.size() / 2);  // descriptors are free again
    Fd late = connect_to(address);
    if (!late || !loop.run_until([&] { return accepted.size() == 1; })) {
        return 6;
    }
    return 0;
}

}  // namespace

TEST_CASE("accepting survives the want of descriptors") {
    pid_t child = ::fork();
    if (child == 0) {
        ::_exit(accept_without_descriptors());
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}
