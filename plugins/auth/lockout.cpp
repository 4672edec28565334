#include "auth/lockout.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <limits>

namespace ferrotunnel::plugins {

std::string Lockout::pair_of(std::string_view user, std::string_view address) {
    const std::string text(address.substr(0, address.find('%')));
    in6_addr bytes{};
    std::string place = text;
    if (::inet_pton(AF_INET6, text.c_str(), &bytes) == 1 && !IN6_IS_ADDR_V4MAPPED(&bytes)) {
        place.assign(reinterpret_cast<const char*>(&bytes), 8);
    }
    return place + '\0' + std::string(user);
}

std::chrono::seconds Lockout::left(std::string_view user, std::string_view address, Time now) {
    if (failures_ == 0) {
        return std::chrono::seconds(0);
    }
    const std::lock_guard lock(mutex_);
    const Guesses* const guesses = pairs_.find(pair_of(user, address), now);
    return guesses != nullptr && guesses->is_locked ? std::chrono::ceil<std::chrono::seconds>(guesses->until - now)
                                                    : std::chrono::seconds(0);
}

std::size_t Lockout::guesses_left(const std::string& pair, Time now) {
    if (failures_ == 0) {
        return std::numeric_limits<std::size_t>::max();
    }
    const std::lock_guard lock(mutex_);
    const Guesses* const guesses = pairs_.find(pair, now);
    return guesses == nullptr ? failures_ : failures_ - std::min(failures_, guesses->count);
}

void Lockout::failed(std::string_view user, std::string_view address, Time now) {
    if (failures_ == 0) {
        return;
    }
    const std::string pair = pair_of(user, address);
    const std::lock_guard lock(mutex_);
    const Guesses* const found = pairs_.find(pair, now);
    // The time runs from the first failure, and restarts with the last one.
    Guesses guesses = found != nullptr ? *found : Guesses{0, false, now + duration_};
    if (guesses.is_locked) {
        return;
    }
    if (++guesses.count >= failures_) {
        guesses.is_locked = true;
        guesses.until = now + duration_;
    }
    pairs_.put(pair, guesses, guesses.until);
}

void Lockout::succeeded(std::string_view user, std::string_view address) {
    if (failures_ > 0) {
        const std::string pair = pair_of(user, address);
        const std::lock_guard lock(mutex_);
        pairs_.erase(pair);
    }
}

}  // namespace ferrotunnel::plugins
