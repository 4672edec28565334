#include "issuance/token_hosts.hpp"

#include <utility>

namespace ferrotunnel::issuance {

bool TokenHosts::add(const std::string& host, const std::string& token) {
    const auto present = tokens_.find(host);
    if (present != tokens_.end() && present->second == token) {
        return true;
    }
    if (!has_room(token) || (present == tokens_.end() && tokens_.size() >= bounds_.hosts_max)) {
        return false;
    }
    if (present == tokens_.end()) {
        tokens_.emplace(host, token);
    } else {
        forget_one(std::exchange(present->second, token));
    }
    ++counts_[token];
    return true;
}

void TokenHosts::remove(std::string_view host) {
    if (const auto present = tokens_.find(host); present != tokens_.end()) {
        forget_one(present->second);
        tokens_.erase(present);
    }
}

bool TokenHosts::has_room(std::string_view token) const {
    const auto count = counts_.find(token);
    return (count == counts_.end() ? 0 : count->second) < bounds_.per_token_max;
}

std::string_view TokenHosts::token_of(std::string_view host) const {
    const auto present = tokens_.find(host);
    return present == tokens_.end() ? std::string_view() : present->second;
}

TokenHosts::Tokens TokenHosts::take() {
    counts_.clear();
    return std::exchange(tokens_, {});
}

void TokenHosts::forget_one(const std::string& token) {
    const auto count = counts_.find(token);
    if (--count->second == 0) {
        counts_.erase(count);
    }
}

}  // namespace ferrotunnel::issuance
