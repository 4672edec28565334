#include "doctor/answerer.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <chrono>
#include <utility>

#include "ferrotunnel/secret.hpp"

namespace ferrotunnel::cli::doctor {
namespace {

using namespace std::chrono_literals;

constexpr auto request_patience = 1s;
constexpr auto poll_interval = 50ms;
constexpr std::size_t request_max = 64 * 1024;

void answer(const Socket& visitor, const std::string& mark) {
    const Deadline deadline = std::chrono::steady_clock::now() + request_patience;
    std::string request;
    while (request.size() < request_max && request.find("\r\n\r\n") == std::string::npos) {
        if (!receive_some(visitor.get(), request, deadline)) {
            return;
        }
    }
    (void)send_all(visitor.get(),
                   fmt::format("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: "
                               "close\r\n\r\n{}",
                               mark.size(), mark),
                   deadline);
}

}  // namespace

Answerer::Answerer() : mark_("ferrotunnel doctor " + std::string(Secret::generate().reveal().substr(4, 16))) {
    std::pair<Socket, std::uint16_t> listening = listen_on_loopback();
    listener_ = std::move(listening.first);
    port_ = listening.second;
    thread_ = std::jthread([this](const std::stop_token& ending) { answer_all(ending); });
}

Answerer::~Answerer() {
    thread_.request_stop();
    thread_.join();
}

void Answerer::answer_all(const std::stop_token& ending) const {
    while (!ending.stop_requested()) {
        if (!wait_for(listener_.get(), POLLIN, std::chrono::steady_clock::now() + poll_interval)) {
            continue;
        }
        const Socket visitor(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (visitor) {
            answer(visitor, mark_);
        }
    }
}

}  // namespace ferrotunnel::cli::doctor
