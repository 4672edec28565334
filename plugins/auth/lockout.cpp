#include "auth/lockout.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>

namespace ferrotunnel::plugins {

std::string Lockout::key(std::string_view user, std::string_view address) {
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
    const Guesses* const guesses = pairs_.find(key(user, address), now);
    return guesses != nullptr && guesses->is_locked ? std::chrono::ceil<std::chrono::seconds>(guesses->until - now)
                                                    : std::chrono::seconds(0);
}

void Lockout::failed(std::string_view user, std::string_view address, Time now) {
    if (failures_ == 0) {
        return;
    }
    const std::string pair = key(user, address);
    const std::lock_guard lock(mutex_);
    const Guesses* const found = pairs_.find(pair, now);
    // The time runs from the first failure; with the last one it begins anew.
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
        const std::string pair = key(user, address);
        const std::lock_guard lock(mutex_);
        pairs_.erase(pair);
    }
}

}  // namespace ferrotunnel::plugins
