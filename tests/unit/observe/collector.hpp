// A collector for tests: it answers each message with what a test says.
#pragma once

#include <poll.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/socket.hpp"

namespace ferrotunnel::observe {

class Collector {
public:
    /// The answer to the message of this number, from 0 on; empty: there is none, while the collector lives.
    using Script = std::function<std::string(std::size_t number)>;

    explicit Collector(Script script) : script_(std::move(script)) {
        std::error_code error;
        listener_ = runtime::listen_on(*runtime::SocketAddress::from_ip("127.0.0.1", 0), error);
        port_ = runtime::local_address(listener_.get()).port();
        thread_ = std::jthread([this](const std::stop_token& ending) { run(ending); });
    }

    std::uint16_t port() const noexcept { return port_; }
    /// Waits until so many messages have come whole, and returns all.
    std::vector<std::string> wait_for(std::size_t messages) {
        std::unique_lock lock(mutex_);
        came_.wait_for(lock, std::chrono::minutes(1), [&] { return messages_.size() >= messages; });
        return messages_;
    }

private:
    void run(const std::stop_token& ending) {
        std::vector<runtime::Fd> kept;  // whom nothing is answered
        while (!ending.stop_requested()) {
            pollfd wanted{listener_.get(), POLLIN, 0};
            if (::poll(&wanted, 1, 20) <= 0) {
                continue;
            }
            std::error_code error;
            runtime::SocketAddress from;
            runtime::Fd socket = runtime::accept_from(listener_.get(), from, error);
            if (!socket) {
                continue;
            }
            std::string message = read_message(socket.get(), ending);
            std::size_t number = 0;
            {
                const std::lock_guard lock(mutex_);
                number = messages_.size();
                messages_.push_back(std::move(message));
            }
            const std::string answer = script_(number);
            (void)runtime::write_some(socket.get(), as_bytes(answer));
            if (answer.empty()) {
                kept.push_back(std::move(socket));
            }
            came_.notify_all();
        }
    }

    static std::string read_message(int socket, const std::stop_token& ending) {
        std::string message;
        std::array<std::uint8_t, 65'536> room;
        while (!ending.stop_requested() && !is_whole(message)) {
            pollfd wanted{socket, POLLIN, 0};
            (void)::poll(&wanted, 1, 20);
            const runtime::IoResult read = runtime::read_some(socket, MutableBytes(room));
            message.append(reinterpret_cast<const char*>(room.data()), read.bytes);
            if (read.status == runtime::IoStatus::eof || read.status == runtime::IoStatus::error) {
                break;
            }
        }
        return message;
    }

    static bool is_whole(const std::string& message) {
        const std::size_t end = message.find("\r\n\r\n");
        const std::size_t length = message.find("Content-Length: ");
        return end != std::string::npos && length < end &&
               message.size() - end - 4 >= std::stoul(message.substr(length + 16));
    }

    const Script script_;
    runtime::Fd listener_;
    std::uint16_t port_ = 0;
    std::mutex mutex_;
    std::condition_variable came_;
    std::vector<std::string> messages_;
    std::jthread thread_;  // last: it uses all of the above
};

}  // namespace ferrotunnel::observe
