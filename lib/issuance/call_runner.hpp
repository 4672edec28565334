// Carries out the requests of one task to a CA.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "acme/http.hpp"
#include "fetch/fetch.hpp"
#include "issuance/network.hpp"

namespace ferrotunnel::issuance {

/// Lives on its worker. One request at a time; no redirect is followed.
class CallRunner {
public:
    using Done = std::function<void(const acme::HttpReply&)>;

    explicit CallRunner(Network& network) : network_(network) {}
    CallRunner(const CallRunner&) = delete;
    CallRunner& operator=(const CallRunner&) = delete;

    /// Calls `done` once, in a later round; it may destroy this, or make another request. A request that is running is
    /// abandoned.
    void run(const acme::HttpCall& call, Done done);
    /// The time by the CA's clock, as of the last response that gave it.
    std::optional<std::chrono::system_clock::time_point> date() const noexcept { return date_; }

private:
    void report(acme::HttpReply reply);

    Network& network_;
    Done done_;
    std::optional<std::chrono::system_clock::time_point> date_{};
    std::unique_ptr<fetch::Fetch> fetch_;
    std::unique_ptr<runtime::Timer> failure_;  // reports what could not be sent
};

/// The reply as a task sees it.
acme::HttpReply reply_of(fetch::Response& response, const std::string& url);

}  // namespace ferrotunnel::issuance
