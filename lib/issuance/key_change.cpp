#include "issuance/key_change.hpp"

#include <optional>
#include <utility>

namespace ferrotunnel::issuance {

KeyChange::KeyChange(const Parts& parts, const std::vector<std::string>& directory_urls, Done done)
    : parts_(parts),
      done_(std::move(done)),
      timer_(parts.network.worker, [this] { next(); }),
      self_(std::make_shared<KeyChange*>(this)) {
    for (const AccountStatus& account : parts.accounts.status(directory_urls)) {
        if (!account.url.empty()) {
            cas_.push_back(account.directory);
        }
    }
    if (cas_.empty()) {
        problem_ = "there is no account yet: it is registered with the first order";
    }
    timer_.set_after(Duration::zero());
}

KeyChange::~KeyChange() {
    *self_ = nullptr;
}

void KeyChange::next() {
    if (at_ == cas_.size()) {
        const Done done = std::move(done_);
        done(std::move(problem_));
        return;
    }
    const std::string ca = cas_[at_++];
    parts_.accounts.change_key(ca, [self = self_, ca](const std::optional<acme::Problem>& problem) {
        if (*self == nullptr) {
            return;
        }
        KeyChange& change = **self;
        if (problem) {
            change.problem_ += (change.problem_.empty() ? "" : "; ") + ca + ": " + problem->text;
        } else {
            change.parts_.log.info("the key of an account was replaced", {{"ca", ca}});
        }
        change.timer_.set_after(Duration::zero());
    });
}

}  // namespace ferrotunnel::issuance
