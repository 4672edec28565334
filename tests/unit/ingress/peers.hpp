// The two peers that speak HTTP in tests of the edge, as plain sockets on the test's thread: a visitor and a backend.
#pragma once

#include <poll.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <cctype>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/socket.hpp"
#include "unit/transport/pipes.hpp"

namespace ferrotunnel::ingress::test {

using transport::test::wait_for;

/// Catch's own assertions are for the test's thread alone.
inline void expect(bool condition, const char* what) {
    if (!condition) {
        throw std::runtime_error(std::string("failed: ") + what);
    }
}

/// A message as its receiver sees it.
struct Message {
    std::string start;                               // the first line
    std::multimap<std::string, std::string> fields;  // names in lower case
    std::string body;
    bool complete = false;
    std::string trailers;

    int status() const { return start.size() >= 12 ? std::stoi(start.substr(9, 3)) : 0; }
    std::string field(const std::string& name) const {
        auto found = fields.find(name);
        return found == fields.end() ? std::string() : found->second;
    }
    bool has(const std::string& name) const { return fields.count(name) != 0; }
};

/// A socket with what was read of it and not used yet.
class Peer {
public:
    explicit Peer(runtime::Fd socket = {}) : socket_(std::move(socket)) {}

    int fd() const { return socket_.get(); }
    explicit operator bool() const { return static_cast<bool>(socket_); }

    void send(std::string_view text) {
        for (Bytes left = as_bytes(text); !left.empty();) {
            wait_for(socket_.get(), POLLOUT);
            const runtime::IoResult result = runtime::write_some(socket_.get(), left);
            expect(result.status != runtime::IoStatus::error, "a write");
            left = left.subspan(result.bytes);
        }
    }
    /// Sends as much as the socket takes without waiting for the other side.
    std::size_t send_what_fits(std::string_view text, int patience_ms = 200) {
        std::size_t sent = 0;
        while (sent < text.size()) {
            pollfd entry{socket_.get(), POLLOUT, 0};
            if (::poll(&entry, 1, patience_ms) != 1) {
                break;
            }
            const runtime::IoResult result = runtime::write_some(socket_.get(), as_bytes(text.substr(sent)));
            sent += result.bytes;
            if (result.status == runtime::IoStatus::error) {
                break;
            }
        }
        return sent;
    }
    void finish() { (void)runtime::shutdown_send(socket_.get()); }
    void close() { socket_.reset(); }
    void reset() { runtime::reset_close(std::move(socket_)); }

    /// Whether there is something to read, an end included, within this time.
    bool stirs(int ms) {
        pollfd entry{socket_.get(), POLLIN, 0};
        return !buffer_.empty() || ::poll(&entry, 1, ms) == 1;
    }

    /// Reads up to and including `end`.
    std::string read_until(std::string_view end) {
        std::size_t at = 0;
        while ((at = buffer_.find(end)) == std::string::npos) {
            if (!read_more()) {
                return std::exchange(buffer_, {});
            }
        }
        return take(at + end.size());
    }
    std::string read_exactly(std::size_t size) {
        while (buffer_.size() < size && read_more()) {
        }
        return take(std::min(size, buffer_.size()));
    }
    /// Reads everything to the end; `was_reset` tells how it ended.
    std::string read_to_end() {
        while (read_more()) {
        }
        return std::exchange(buffer_, {});
    }
    bool ended() const { return ended_; }
    bool was_reset() const { return was_reset_; }

    /// Reads a request or a response; `no_body` as for HEAD. What is not framed lasts until the end.
    Message read_message(bool no_body = false) {
        Message message = parse_head(read_until("\r\n\r\n"));
        if (message.start.empty()) {
            return message;
        }
        const bool response = message.start.rfind("HTTP/", 0) == 0;
        const bool bare = response && (message.status() < 200 || message.status() == 204 || message.status() == 304);
        if (no_body || bare) {
            message.complete = true;
        } else if (message.has("transfer-encoding")) {
            read_chunks(message);
        } else if (message.has("content-length")) {
            const std::size_t size = std::stoull(message.field("content-length"));
            message.body = read_exactly(size);
            message.complete = message.body.size() == size;
        } else if (response) {
            message.body = read_to_end();
            message.complete = !was_reset_;
        } else {
            message.complete = true;
        }
        return message;
    }

private:
    static Message parse_head(const std::string& head) {
        Message message;
        std::size_t at = head.find("\r\n");
        if (at == std::string::npos) {
            return message;
        }
        message.start = head.substr(0, at);
        for (at += 2; at < head.size() && head.compare(at, 2, "\r\n") != 0;) {
            const std::size_t end = head.find("\r\n", at);
            const std::string line = head.substr(at, end - at);
            const std::size_t colon = line.find(':');
            expect(colon != std::string::npos, "a field");
            std::string name = line.substr(0, colon);
            std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
            const std::size_t value = line.find_first_not_of(' ', colon + 1);
            message.fields.emplace(name, value == std::string::npos ? std::string() : line.substr(value));
            at = end + 2;
        }
        return message;
    }

    void read_chunks(Message& message) {
        while (true) {
            const std::string line = read_until("\r\n");
            if (line.size() < 3) {
                return;
            }
            const std::size_t size = std::stoull(line, nullptr, 16);
            if (size == 0) {
                for (std::string field; (field = read_until("\r\n")) != "\r\n";) {
                    if (field.empty()) {
                        return;
                    }
                    message.trailers += field;
                }
                message.complete = true;
                return;
            }
            message.body += read_exactly(size);
            if (read_exactly(2) != "\r\n") {
                return;
            }
        }
    }

    bool read_more() {
        while (!ended_) {
            wait_for(socket_.get(), POLLIN);
            std::string room(65'536, '\0');
            const runtime::IoResult result = runtime::read_some(
                socket_.get(), MutableBytes(reinterpret_cast<std::uint8_t*>(room.data()), room.size()));
            buffer_.append(room, 0, result.bytes);
            was_reset_ = result.status == runtime::IoStatus::error;
            ended_ = was_reset_ || result.status == runtime::IoStatus::eof;
            if (result.bytes > 0) {
                return true;
            }
        }
        return false;
    }
    std::string take(std::size_t size) {
        std::string taken = buffer_.substr(0, size);
        buffer_.erase(0, size);
        return taken;
    }

    runtime::Fd socket_;
    std::string buffer_;
    bool ended_ = false;
    bool was_reset_ = false;
};

/// Where backends' connections arrive.
class BackendPort {
public:
    net::HostPort place() const { return {"127.0.0.1", address_.port()}; }
    Peer accept() {
        wait_for(listener_.get(), POLLIN);
        std::error_code error;
        runtime::SocketAddress from;
        runtime::Fd socket = runtime::accept_from(listener_.get(), from, error);
        expect(static_cast<bool>(socket), "a connection");
        ++accepted;
        return Peer(std::move(socket));
    }
    /// A connection by which a request has come, which was read.
    Peer accept_request() {
        Peer peer = accept();
        peer.read_message();
        return peer;
    }
    /// Whether another connection comes within this time.
    bool comes(int ms) {
        pollfd entry{listener_.get(), POLLIN, 0};
        return ::poll(&entry, 1, ms) == 1;
    }
    void close() { listener_.reset(); }

    std::atomic<int> accepted{0};

private:
    runtime::Fd listener_ = transport::test::listen_on_loopback();
    const runtime::SocketAddress address_ = runtime::local_address(listener_.get());
};

}  // namespace ferrotunnel::ingress::test
