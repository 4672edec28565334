// Directories of CAs, kept for a while.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "acme/directory.hpp"
#include "acme/problem.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "issuance/call_runner.hpp"
#include "issuance/limits.hpp"

namespace ferrotunnel::issuance {

/// Lives on its worker. Simultaneous requests for one directory are one.
class DirectoryCache {
public:
    using Answer = Result<acme::Directory, acme::Problem>;
    using Done = std::function<void(const Answer&)>;

    /// `time`: how long a directory is kept.
    explicit DirectoryCache(Network& network, Duration time = limits::directory_time)
        : network_(network), time_(time) {}
    DirectoryCache(const DirectoryCache&) = delete;
    DirectoryCache& operator=(const DirectoryCache&) = delete;

    /// Calls `done` once: now if the directory is known, else in a later round.
    void get(const std::string& url, Done done);

private:
    struct Entry {
        acme::Directory known{};
        TimePoint until{};  // until when it is used
        std::unique_ptr<CallRunner> runner{};
        std::vector<Done> waiting{};
    };

    void received(const std::string& url, const acme::HttpReply& reply);

    Network& network_;
    const Duration time_;
    std::map<std::string, Entry> entries_;
};

}  // namespace ferrotunnel::issuance
