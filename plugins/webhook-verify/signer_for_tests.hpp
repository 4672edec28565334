// Signs webhooks like a sender.
#pragma once

#include <chrono>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

#include "webhook-verify/hmac.hpp"

namespace ferrotunnel::plugins {

/// The HMAC of the texts, in hexadecimal digits.
inline std::string hex(HashName hash, std::string_view secret, std::initializer_list<std::string_view> texts) {
    const HmacKey::Mac mac = HmacKey(hash, secret).of(texts);
    std::string text;
    for (std::size_t i = 0; i < digest_size(hash); ++i) {
        for (const int digit : {mac[i] / 16, mac[i] % 16}) {
            text += "0123456789abcdef"[digit];
        }
    }
    return text;
}

/// The time after `from_now`, in seconds since 1970.
inline std::string unix_time(std::chrono::seconds from_now) {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(
                              (std::chrono::system_clock::now() + from_now).time_since_epoch())
                              .count());
}

}  // namespace ferrotunnel::plugins
