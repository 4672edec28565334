// Requests the renewal window that a CA suggests for a certificate (ARI, RFC 9773).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "acme/renewal.hpp"
#include "issuance/call_runner.hpp"
#include "issuance/directory_cache.hpp"
#include "issuance/parts.hpp"

namespace ferrotunnel::issuance {

/// Lives on its worker.
class WindowRequest {
public:
    struct Answer {
        std::optional<acme::RenewalWindow> window{};  // empty: the CA has none
        std::optional<std::chrono::seconds> retry_after{};
        std::string problem{};  // why there is none now
    };
    using Done = std::function<void(const Answer&)>;

    /// Calls `done` once, in a later round; it may destroy this.
    WindowRequest(const Parts& parts, std::string directory_url, std::string renewal_id, Done done);
    ~WindowRequest();
    WindowRequest(const WindowRequest&) = delete;
    WindowRequest& operator=(const WindowRequest&) = delete;

private:
    void begin();
    void have_directory(const DirectoryCache::Answer& known);
    void received(const acme::HttpReply& reply);
    void end(Answer answer);

    const Parts& parts_;
    const std::string directory_url_;
    const std::string renewal_id_;
    Done done_;
    Answer answer_{};
    CallRunner calls_;
    std::function<void()> step_{};
    runtime::Timer timer_;
    const std::shared_ptr<WindowRequest*> self_;  // null when destroyed before the directory arrives
};

}  // namespace ferrotunnel::issuance
