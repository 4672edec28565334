// HTTP services for tests of plugins that send requests: one connection after another, one request each.
#pragma once

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace ferrotunnel::test {

/// The path of a Unix socket, which a listener makes.
struct UnixPath {
    std::string path;
};

/// A listener on a port that the system chooses. It accepts no connection by itself: they wait forever.
class SilentListener {
public:
    explicit SilentListener(const UnixPath& at)
        : url("unix:" + at.path + ":/hook"), socket_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        at.path.copy(address.sun_path, sizeof address.sun_path - 1);
        REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        REQUIRE(::listen(socket_, 64) == 0);
    }
    SilentListener() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) == 0);
        REQUIRE(::listen(socket_, 64) == 0);
        REQUIRE(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
        url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/hook";
    }
    SilentListener(const SilentListener&) = delete;
    SilentListener& operator=(const SilentListener&) = delete;
    ~SilentListener() { ::close(socket_); }

    int accept() const { return ::accept(socket_, nullptr, nullptr); }
    /// The number of waiting connections. Closes them; afterwards accept() returns at once.
    std::size_t drop_waiting() const {
        ::fcntl(socket_, F_SETFL, O_NONBLOCK);
        std::vector<int> taken;
        for (int connection = -1; (connection = accept()) >= 0;) {
            taken.push_back(connection);
        }
        for (const int connection : taken) {
            ::close(connection);
        }
        return taken.size();
    }
    void end() const { ::shutdown(socket_, SHUT_RDWR); }
    std::string url;

private:
    const int socket_;
};

/// Responds to each connection's request with the head and body that `answer` returns, and closes it.
class Service : public SilentListener {
public:
    using Answer = std::function<std::string(const std::string& request)>;

    explicit Service(Answer answer) : answer_(std::move(answer)), thread_([this] { run(); }) {}
    explicit Service(std::string answer) : Service([answer](const std::string&) { return answer; }) {}
    Service(Answer answer, const UnixPath& at)
        : SilentListener(at), answer_(std::move(answer)), thread_([this] { run(); }) {}
    ~Service() {
        end();
        thread_.join();
    }
    std::vector<std::string> requests() const {
        const std::lock_guard lock(mutex_);
        return requests_;
    }
    std::size_t count() const { return requests().size(); }
    /// The JSON of the nth request.
    std::string body(std::size_t nth) const {
        const std::string request = requests().at(nth);
        return request.substr(request.find("\r\n\r\n") + 4);
    }
    static std::string json(const std::string& body) {
        return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + body;
    }

private:
    static std::size_t length_of(const std::string& head) {
        const std::size_t at = head.find("Content-Length: ");
        return at == std::string::npos ? 0 : std::stoul(head.substr(at + 16));
    }
    static std::string read_request(int connection) {
        std::string all;
        char block[4'096];
        for (std::size_t end = std::string::npos; end == std::string::npos || all.size() < end;) {
            const ssize_t got = ::read(connection, block, sizeof block);
            if (got <= 0) {
                break;
            }
            all.append(block, static_cast<std::size_t>(got));
            const std::size_t head = all.find("\r\n\r\n");
            end = head == std::string::npos ? head : head + 4 + length_of(all.substr(0, head));
        }
        return all;
    }
    static void send_all(int connection, const std::string& text) {
        for (std::size_t sent = 0; sent < text.size();) {
            const ssize_t more = ::send(connection, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
            if (more <= 0) {
                return;
            }
            sent += static_cast<std::size_t>(more);
        }
    }
    void run() {
        while (true) {
            const int connection = accept();
            if (connection < 0) {
                return;
            }
            const std::string request = read_request(connection);
            {
                const std::lock_guard lock(mutex_);
                requests_.push_back(request);
            }
            send_all(connection, answer_(request));
            ::close(connection);
        }
    }

    const Answer answer_;
    mutable std::mutex mutex_;
    std::vector<std::string> requests_;
    std::thread thread_;  // last: it uses the members above
};

}  // namespace ferrotunnel::test
