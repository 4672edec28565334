#include "backend.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace e2e {

Backend::Backend(std::uint16_t port, Serve serve)
    : listener_(listen_on({"127.0.0.1", port})), serve_(std::move(serve)), acceptor_([this] { accept_all(); }) {}

Backend::~Backend() {
    (void)::shutdown(listener_.get(), SHUT_RDWR);  // which ends accept
    acceptor_.join();
}

void Backend::accept_all() {
    while (true) {
        Socket accepted(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!accepted.is_open()) {
            if (errno == EINVAL) {
                return;
            }
            die_errno("accept");
        }
        const int yes = 1;
        (void)::setsockopt(accepted.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        ++now_;
        const int connection = static_cast<int>(++ever_);
        std::thread([this, connection, socket = std::move(accepted)]() mutable {
            serve_(socket, connection);
            socket.close();
            --now_;
        }).detach();
    }
}

bool Backend::wait_until_alone() const {
    const std::int64_t deadline = now_ms() + 60'000;
    while (now_ > 0 && now_ms() < deadline) {
        sleep_ms(50);
    }
    return now_ == 0;
}

}  // namespace e2e
