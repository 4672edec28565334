// What a service manager receives that does not read all the time.
#include "cli/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>

#include "support/temporary_folder.hpp"

using namespace ferrotunnel;
using cli::ServiceManager;

namespace {

// The manager's end.
class Listener {
public:
    Listener() {
        REQUIRE(path_.size() < sizeof address_.sun_path);
        path_.copy(address_.sun_path, path_.size());
        REQUIRE(::bind(socket_, reinterpret_cast<const sockaddr*>(&address_), sizeof address_) == 0);
        ::setenv("NOTIFY_SOCKET", path_.c_str(), 1);
    }
    ~Listener() {
        ::unsetenv("NOTIFY_SOCKET");
        ::close(socket_);
    }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    // Fills the socket, so that nothing more is received. Each sender has a buffer of its own, which may be full first.
    void fill() const {
        bool has_room = true;
        while (has_room) {
            has_room = false;
            const int sender = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
            while (::sendto(sender, "FULL", 4, 0, reinterpret_cast<const sockaddr*>(&address_), sizeof address_) == 4) {
                has_room = true;
            }
            ::close(sender);
        }
    }
    // What has arrived, without times and what fill() sent.
    std::string received() const {
        std::string all;
        std::array<char, 1'024> text{};
        for (ssize_t size = 0; (size = ::recv(socket_, text.data(), text.size(), MSG_DONTWAIT)) >= 0;) {
            const std::string message(text.data(), static_cast<std::size_t>(size));
            if (message != "FULL") {
                all += message.substr(0, message.find("\nMONOTONIC_USEC=")) + ' ';
            }
        }
        return all;
    }

private:
    test::TemporaryFolder folder_;
    std::string path_ = folder_ / "notify";
    sockaddr_un address_{AF_UNIX, {}};
    int socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
};

std::string state() {
    return "well";
}

}  // namespace

TEST_CASE("a state that the manager did not receive is sent again, once") {
    const Listener listener;
    ServiceManager manager;
    const auto now = ServiceManager::Clock::now();
    CHECK_FALSE(manager.due_in(now));
    listener.fill();
    manager.ready();
    CHECK_FALSE(manager.is_listening());
    CHECK(manager.due_in(now));
    manager.tick(now, state);
    CHECK(listener.received().empty());
    CHECK(manager.due_in(now) == std::chrono::seconds(1));
    manager.tick(now + std::chrono::seconds(1), state);
    CHECK(listener.received() == "READY=1 STATUS=well ");
    CHECK(manager.is_listening());
    CHECK_FALSE(manager.due_in(now));
    manager.tick(now + std::chrono::seconds(2), state);
    CHECK(listener.received().empty());
}

TEST_CASE("a manager that did not read learns the last reload, its end and the program's") {
    const Listener listener;
    ServiceManager manager;
    listener.fill();
    manager.ready();
    for (int reload = 0; reload < 3; ++reload) {
        manager.reloading();
        manager.ready();
    }
    manager.stopping();
    manager.stopping();
    CHECK(listener.received().empty());
    manager.tick(ServiceManager::Clock::now(), state);
    CHECK(listener.received() == "RELOADING=1 READY=1 STOPPING=1 STATUS=well ");
}

TEST_CASE("a program whose start was not received is ready before it ends, and the main process") {
    const Listener listener;
    ServiceManager manager;
    listener.fill();
    manager.main_process();
    manager.stopping();
    CHECK(listener.received().empty());
    manager.tick(ServiceManager::Clock::now(), state);
    CHECK(listener.received() == "MAINPID=" + std::to_string(::getpid()) + "\nREADY=1 STOPPING=1 STATUS=well ");
}
