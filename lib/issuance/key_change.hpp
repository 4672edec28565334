// Replaces the keys of the accounts, one CA after the other.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "issuance/parts.hpp"
#include "runtime/timer.hpp"

namespace ferrotunnel::issuance {

/// Lives on its worker. No order runs meanwhile: its requests are signed with the old key.
class KeyChange {
public:
    using Done = std::function<void(std::string problem)>;

    /// For the CAs with an account. Calls `done` once, in a later round, with what failed; it may destroy this.
    KeyChange(const Parts& parts, const std::vector<std::string>& directory_urls, Done done);
    ~KeyChange();
    KeyChange(const KeyChange&) = delete;
    KeyChange& operator=(const KeyChange&) = delete;

private:
    void next();

    const Parts& parts_;
    Done done_;
    std::vector<std::string> cas_{};
    std::size_t at_ = 0;
    std::string problem_{};
    runtime::Timer timer_;
    const std::shared_ptr<KeyChange*> self_;  // null when destroyed before a CA answers
};

}  // namespace ferrotunnel::issuance
