// The HTTP endpoint that makes the decisions, with limits for running and for waiting requests; beyond them a request
// fails at once, or displaces one of the token with the most.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/http_client.hpp"
#include "ferrotunnel/plugin.hpp"
#include "hooks/endpoint_decision.hpp"
#include "hooks/paced_count.hpp"
#include "hooks/token_decision.hpp"

namespace ferrotunnel::plugins {

/// All functions but stop() are thread-safe.
class Endpoint {
public:
    struct Options {
        std::string url;
        std::string ca_file;
        std::vector<plugin::Field> fields;
        std::vector<std::string> secrets;  // for signatures
        std::chrono::milliseconds timeout{2000};
        std::size_t connections = 16;
        std::size_t queue = 256;  // waiting requests, besides the running ones
    };
    using LogFunction = std::function<void(plugin::Plugin::Level level, const std::string& line)>;

    Endpoint(Options options, LogFunction tell);

    /// Requests a decision, and calls `done` with it on the endpoint's thread. If there is no place, or the request
    /// fails at once, `done` is called at once, on this thread; if it is displaced by another request, on the thread of
    /// that one.
    void ask(Share share, Event event, const std::string& body, std::function<void(const EndpointDecision&)> done);
    /// Looks up a token, in the same way.
    void look_up(Share share, const std::string& body, std::function<void(const TokenDecision&)> done);
    /// Sends a notice, and calls `done` with whether the endpoint accepted it (2xx), on its thread. The caller has at
    /// most notices() at once. False: not now; `done` is not called.
    bool tell(const std::string& body, std::function<void(bool)> done);
    /// The number of concurrent notices, which leaves connections to requests.
    std::size_t notices() const noexcept { return options_.connections < 8 ? 1 : options_.connections / 4; }

    /// Logs why there is no decision, with a pause between lines.
    void log_failure(const std::string& why);
    std::chrono::milliseconds timeout() const noexcept { return options_.timeout; }
    /// Ends all requests, and starts no more. Control thread.
    void stop();

private:
    HttpRequest http_request(const std::string& body) const;
    /// Sends a request; `read` makes the decision of a body.
    template <typename Decision, typename Read>
    void send(Share share, const std::string& body, Read read, std::function<void(const Decision&)> done);

    const Options options_;
    const std::string name_;  // the URL in logs
    const LogFunction log_;
    PacedCount failures_;
    std::unique_ptr<HttpClient> client_;  // last: its thread uses the members above
};

}  // namespace ferrotunnel::plugins
