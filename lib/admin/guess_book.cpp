#include "admin/guess_book.hpp"

#include "admin/limits.hpp"

namespace ferrotunnel::admin {
namespace {

// "192.0" of "192.0.2.7", "[2001:db8" of "[2001:db8::7]".
std::string_view network_of(std::string_view address) {
    const char separator = address.find(':') != std::string_view::npos ? ':' : '.';
    const std::size_t first = address.find(separator);
    return first == std::string_view::npos ? address : address.substr(0, address.find(separator, first + 1));
}

}  // namespace

void GuessBook::forget(TimePoint now) {
    std::erase_if(addresses_,
                  [now](const auto& one) { return now - one.second.since >= limits::admin_guesses_within; });
    std::erase_if(networks_, [now](const auto& one) { return one.second.is_full(now); });
}

// The pace of an address that is not remembered; null: it is one of those that may be.
TokenBucket* GuessBook::shared_by(std::string_view address) {
    if (addresses_.size() < limits::admin_guessers_max) {
        return nullptr;
    }
    const std::string network(network_of(address));
    const auto known = networks_.find(network);
    if (known != networks_.end()) {
        return &known->second;
    }
    return networks_.size() < limits::admin_guessers_max ? &networks_[network] : &others_;
}

bool GuessBook::may_try(std::string_view address, TimePoint now) {
    forget(now);
    const auto known = addresses_.find(address);
    if (known != addresses_.end()) {
        return known->second.wrong < limits::admin_guesses;
    }
    const TokenBucket* const shared = shared_by(address);
    return shared == nullptr || shared->may_take(limits::admin_shared_guesses, now);
}

void GuessBook::failed(std::string_view address, TimePoint now) {
    forget(now);
    const auto known = addresses_.find(address);
    if (known != addresses_.end()) {
        ++known->second.wrong;
    } else if (TokenBucket* const shared = shared_by(address)) {
        (void)shared->take(limits::admin_shared_guesses, now);
    } else {
        addresses_[std::string(address)] = {now, 1};
    }
}

}  // namespace ferrotunnel::admin
