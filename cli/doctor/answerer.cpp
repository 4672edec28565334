#include "doctor/answerer.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <chrono>
#include <utility>
#include <vector>

#include "doctor/limits.hpp"

namespace ferrotunnel::cli::doctor {
namespace {

using namespace std::chrono_literals;

constexpr auto request_patience = 10s;  // a visitor connects before it is its turn to send
constexpr auto poll_interval = 50ms;

void answer(const Socket& visitor, const std::string& mark, const std::stop_token& ending) {
    const Deadline deadline = std::chrono::steady_clock::now() + request_patience;
    std::string request;
    while (request.size() < message_bytes_max && request.find("\r\n\r\n") == std::string::npos) {
        const bool has_more = wait_for(visitor.get(), POLLIN, within(poll_interval, deadline));
        const bool is_over = ending.stop_requested() || std::chrono::steady_clock::now() >= deadline;
        if (has_more ? !receive_some(visitor.get(), request, deadline) : is_over) {
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

Answerer::Answerer(std::string mark) : mark_(std::move(mark)) {
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
    std::vector<std::jthread> visits;  // joined at the end
    while (!ending.stop_requested()) {
        if (!wait_for(listener_.get(), POLLIN, std::chrono::steady_clock::now() + poll_interval)) {
            continue;
        }
        Socket visitor(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (visitor && visits.size() < visitors_max) {
            visits.emplace_back([this, ending, socket = std::move(visitor)] { answer(socket, mark_, ending); });
        }
    }
}

}  // namespace ferrotunnel::cli::doctor
