// One message to an HTTP server, and what its answer's head says: for telling others what happens here. The rest of the
// answer is not read, and each message has a connection of its own.
//
//     connecting --socket--> shaking hands (TLS) --> writing --> reading --head--> told
//          \___________________\_____________________\____________\__ failed, or the deadline --> told with words
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "http/response_parser.hpp"
#include "net/host_port.hpp"
#include "runtime/connector.hpp"
#include "runtime/poller.hpp"
#include "runtime/timer.hpp"
#include "transport/pipe.hpp"
#include "transport/tls_context.hpp"

namespace ferrotunnel::observe {

/// Where messages go.
struct HttpPlace {
    std::shared_ptr<transport::TlsContext> tls;  // null: http
    net::HostPort at;
    std::string authority;                                      // for Host
    std::string path;                                           // with the query
    std::vector<std::pair<std::string, std::string>> fields{};  // besides those that each message has
};

/// What came of a message.
struct PostResult {
    std::uint16_t status = 0;                           // 0: there is no answer
    std::optional<std::chrono::seconds> retry_after{};  // what it says
    std::string error{};                                // why there is no answer
};

class HttpPost final : private runtime::PollTarget {
public:
    using Done = std::function<void(const PostResult&)>;

    /// Begins. `body`, JSON, must live as long as this. `done` is called once, never from within the constructor, and
    /// may destroy this; destroying this ends the connection, and nothing is called.
    HttpPost(runtime::Worker& worker, const HttpPlace& place, const std::string& body, Duration deadline, Done done);
    ~HttpPost();
    HttpPost(const HttpPost&) = delete;
    HttpPost& operator=(const HttpPost&) = delete;

private:
    void on_connected(std::error_code error, runtime::Fd socket);
    void on_events(std::uint32_t events) noexcept override;
    void go_on();
    bool shake_hands();
    bool write();
    void read();
    bool read_head();
    void end_soon(PostResult result) noexcept;
    void unwatch() noexcept;
    void tell();

    runtime::Worker& worker_;
    std::shared_ptr<transport::TlsContext> tls_;
    const std::string& body_;
    std::string head_;
    Done done_;
    std::unique_ptr<transport::Pipe> pipe_;
    bool watched_ = false;
    bool is_open_ = false;     // hands are shaken
    bool peer_ends_ = false;   // an event has said so: behind the last bytes is an end that no other one tells
    std::size_t written_ = 0;  // of head and body
    std::string answer_;       // what has come of its head
    http::ResponseParser parser_;
    PostResult result_;
    bool ended_ = false;
    runtime::Timer timer_;
    std::optional<runtime::Connector> connector_;
};

}  // namespace ferrotunnel::observe
