#include "auth/password_hash.hpp"

#include <argon2.h>
#include <crypt.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace ferrotunnel::plugins {
namespace {

constexpr const char* advice = "; `htpasswd -B FILE USER` makes one that is accepted";

bool has_only(std::string_view text, std::string_view more) {
    return std::all_of(text.begin(), text.end(), [more](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               more.find(c) != std::string_view::npos;
    });
}

std::vector<std::string_view> split(std::string_view text, char at) {
    std::vector<std::string_view> parts;
    while (true) {
        const std::size_t end = text.find(at);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) {
            return parts;
        }
        text.remove_prefix(end + 1);
    }
}

std::optional<std::uint32_t> number(std::string_view text) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() && !text.empty() ? std::optional(value)
                                                                                     : std::nullopt;
}

std::string bcrypt_fault(std::string_view hash) {
    const auto cost = number(hash.substr(4, 2));
    if (hash.size() != 60 || !cost || hash[6] != '$' || !has_only(hash.substr(7), "./")) {
        return "is not a whole bcrypt hash";
    }
    return *cost > 15 ? "has a bcrypt cost of more than 15, which takes seconds" : "";
}

std::string sha512_fault(std::string_view hash) {
    std::vector<std::string_view> parts = split(hash.substr(3), '$');
    if (!parts.empty() && parts[0].starts_with("rounds=")) {
        const auto rounds = number(parts[0].substr(7));
        if (!rounds || *rounds > 1'000'000) {
            return "has more than 1000000 rounds of SHA-512, which take seconds";
        }
        parts.erase(parts.begin());
    }
    const bool is_whole = parts.size() == 2 && parts[0].size() <= 16 && parts[1].size() == 86 &&
                          has_only(parts[0], "./") && has_only(parts[1], "./");
    return is_whole ? "" : "is not a whole SHA-512 hash";
}

std::string yescrypt_fault(std::string_view hash) {
    const std::vector<std::string_view> parts = split(hash.substr(3), '$');
    if (parts.size() != 3 || parts[0].size() != 3 || parts[0][0] != 'j' || parts[1].empty() || parts[2].size() != 43 ||
        !has_only(parts[1], "./") || !has_only(parts[2], "./")) {
        return "is not a whole yescrypt hash as crypt(5) makes them ($y$j9T$...)";
    }
    // The second character is the logarithm of the memory: '9' for 16 MiB, 'D' for 256 MiB.
    constexpr std::string_view costs = "./0123456789ABCD";
    return costs.find(parts[0][1]) == std::string_view::npos || (parts[0][2] != 'T' && parts[0][2] != '5')
               ? "has a yescrypt cost of more than 256 MiB"
               : "";
}

/// The value of "m=65536" for 'm'.
std::optional<std::uint32_t> parameter(std::string_view text, char name) {
    return text.size() > 2 && text[0] == name && text[1] == '=' ? number(text.substr(2)) : std::nullopt;
}

std::string argon2_fault(std::string_view hash) {
    const std::vector<std::string_view> parts = split(hash, '$');  // "", argon2id, v=19, m=,t=,p=, salt, hash
    const std::vector<std::string_view> costs = parts.size() == 6 ? split(parts[3], ',') : parts;
    if (parts.size() != 6 || parts[2] != "v=19" || costs.size() != 3 || !has_only(parts[4], "+/") ||
        !has_only(parts[5], "+/") || parts[4].size() < 11 || parts[5].size() < 16 || hash.size() > 512) {
        return "is not a whole Argon2id hash ($argon2id$v=19$m=...,t=...,p=...$salt$hash)";
    }
    const auto memory = parameter(costs[0], 'm');
    const auto times = parameter(costs[1], 't');
    const auto lanes = parameter(costs[2], 'p');
    if (!memory || !times || !lanes || *lanes < 1 || *times < 1 || *memory < 8 * *lanes) {
        return "has invalid Argon2id costs";
    }
    constexpr std::uint32_t memory_max = 256 * 1024;  // KiB
    if (*memory > memory_max || *lanes > 16 || *times > 8 * memory_max / *memory) {
        return "has an Argon2id cost of more than 256 MiB, 16 lanes, or 2 GiB filled in all its passes";
    }
    return {};
}

bool equal_texts(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

std::string password_hash_fault(std::string_view hash) {
    if (hash.starts_with("$2y$") || hash.starts_with("$2b$") || hash.starts_with("$2a$")) {
        return bcrypt_fault(hash);
    }
    if (hash.starts_with("$6$")) {
        return sha512_fault(hash);
    }
    if (hash.starts_with("$y$")) {
        return yescrypt_fault(hash);
    }
    if (hash.starts_with("$argon2id$")) {
        return argon2_fault(hash);
    }
    if (hash.starts_with("$apr1$") || hash.starts_with("$1$")) {
        return std::string("is an MD5 hash ($apr1$), which is too weak") + advice;
    }
    if (hash.starts_with("{SHA}") || hash.starts_with("{SSHA}")) {
        return std::string("is a SHA-1 hash, which is too weak") + advice;
    }
    if (hash.starts_with('$')) {
        return std::string("is a hash of a kind that is not accepted (bcrypt, yescrypt, SHA-512 and Argon2id are)") +
               advice;
    }
    return std::string("is not a valid hash: passwords are not accepted as plain text") + advice;
}

std::string cheap_hash_fault(std::string_view hash) {
    if (hash.starts_with("$2")) {
        return number(hash.substr(4, 2)).value_or(0) > 12 ? "has a bcrypt cost of more than 12" : "";
    }
    if (hash.starts_with("$6$rounds=")) {
        const std::string_view rounds = split(hash.substr(3), '$')[0].substr(7);
        return number(rounds).value_or(0) > 100'000 ? "has more than 100000 rounds of SHA-512" : "";
    }
    if (hash.starts_with("$y$")) {
        constexpr std::string_view costs = "./0123456789";
        return costs.find(hash[4]) == std::string_view::npos ? "has a yescrypt cost of more than 16 MiB" : "";
    }
    if (hash.starts_with("$argon2id$")) {
        constexpr std::uint32_t memory_max = 64 * 1024;  // KiB
        const std::vector<std::string_view> costs = split(split(hash, '$')[3], ',');
        const std::uint32_t memory = parameter(costs[0], 'm').value_or(0);
        const bool is_cheap = memory <= memory_max && parameter(costs[1], 't').value_or(0) <= 4 * memory_max / memory;
        return is_cheap ? "" : "has an Argon2id cost of more than 64 MiB, or 256 MiB filled in all its passes";
    }
    return {};
}

std::string password_hash_cost(std::string_view hash) {
    const std::vector<std::string_view> parts = split(hash, '$');  // "", kind, parameters
    if (hash.starts_with("$2")) {
        return "bcrypt " + std::string(parts[2]);
    }
    if (hash.starts_with("$6$")) {
        constexpr std::string_view rounds = "rounds=";
        return "SHA-512 " + std::string(parts[2].starts_with(rounds) ? parts[2].substr(rounds.size()) : "5000");
    }
    return (hash.starts_with("$y$") ? "yescrypt " : "Argon2id ") + std::string(parts[hash.starts_with("$y$") ? 2 : 3]);
}

bool verify_password(const std::string& hash, const std::string& password) {
    if (hash.starts_with("$argon2id$")) {
        return argon2id_verify(hash.c_str(), password.data(), password.size()) == ARGON2_OK;
    }
    const auto room = std::make_unique<crypt_data>();  // 32 KiB
    // Not crypt_r: sanitizers wrap it, and do not find it in a library that was loaded later.
    const char* const made = crypt_rn(password.c_str(), hash.c_str(), room.get(), static_cast<int>(sizeof *room));
    const bool is_right = made != nullptr && equal_texts(made, hash);
    OPENSSL_cleanse(room.get(), sizeof *room);
    return is_right;
}

}  // namespace ferrotunnel::plugins
