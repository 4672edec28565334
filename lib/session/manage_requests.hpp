// Pending requests about a client's services, with the callbacks that wait for the answers.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "session/limits.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::session {

/// The requests on one trunk. For its worker only.
class ManageRequests {
public:
    /// `status`: of the answer, as in HTTP; 0 if there will be no answer: then `text` has the reason. It must not
    /// throw.
    using Done = std::function<void(std::uint16_t status, const std::string& text)>;

    /// Returns the message to send; or nothing, after calling `done`, if too many requests are pending. Requests that
    /// have waited longer than limits::manage_timeout are dropped, which makes room.
    std::optional<wire::Manage> begin(std::string text, TimePoint now, Done done) {
        std::erase_if(waiting_, [now](const auto& one) { return one.second.until < now; });
        if (waiting_.size() >= limits::manage_requests_max) {
            done(0, "The client has not answered earlier requests yet.");
            return std::nullopt;
        }
        const std::uint32_t request = ++last_;
        waiting_.emplace(request, Waiting{std::move(done), now + limits::manage_timeout});
        return wire::Manage{request, std::move(text)};
    }

    /// An answer without a pending request is ignored: it arrived too late.
    void answered(const wire::Managed& answer) {
        if (const auto found = waiting_.find(answer.request); found != waiting_.end()) {
            const Done done = std::move(found->second.done);
            waiting_.erase(found);
            done(answer.status, answer.text);
        }
    }

    /// No answer will arrive any more.
    void give_up() noexcept {
        for (const auto& [request, waiting] : std::exchange(waiting_, {})) {
            waiting.done(0, "The client's connection ended before it answered.");
        }
    }

private:
    struct Waiting {
        Done done;
        TimePoint until;
    };

    std::map<std::uint32_t, Waiting> waiting_;
    std::uint32_t last_ = 0;
};

}  // namespace ferrotunnel::session
