#include "acme/challenge.hpp"

#include <algorithm>
#include <charconv>

#include "acme/crypto.hpp"
#include "acme/limits.hpp"
#include "base/limits.hpp"

namespace ferrotunnel::acme {
namespace {

constexpr std::string_view challenge_prefix = "_acme-challenge.";
constexpr std::string_view persist_prefix = "_validation-persist.";

std::string_view challenge_host(const Identifier& identifier) {
    std::string_view host = identifier.value;
    if (identifier.is_wildcard()) {
        host.remove_prefix(2);
    }
    return host;
}

char lower_letter(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_same_word(std::string_view left, std::string_view right) noexcept {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](char a, char b) { return lower_letter(a) == lower_letter(b); });
}

std::string_view without_spaces(std::string_view text) noexcept {
    constexpr std::string_view spaces = " \t";
    const std::size_t begin = std::min(text.find_first_not_of(spaces), text.size());
    const std::size_t end = text.find_last_not_of(spaces);
    return end == std::string_view::npos ? std::string_view() : text.substr(begin, end + 1 - begin);
}

// What stands before the next ";", which is removed from `rest`.
std::string_view take_part(std::string_view& rest) noexcept {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return without_spaces(part);
}

// The characters of a value (RFC 8659, 4.2).
bool is_parameter_value(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f' && c != ';'; });
}

// What a TXT record says after the issuer. A parameter that occurs twice, or has no "=", makes it invalid.
class PersistRecord {
public:
    explicit PersistRecord(std::string_view parameters) {
        while (is_valid_ && !parameters.empty()) {
            const bool has_more = parameters.find(';') != std::string_view::npos;
            is_valid_ = add(take_part(parameters)) && !(has_more && parameters.empty());
        }
    }

    bool allows(std::string_view account_url, bool with_wildcard, long long now_seconds) const {
        return is_valid_ && account_ == account_url && (!with_wildcard || is_same_word(policy_, "wildcard")) &&
               !has_expired(now_seconds);
    }

private:
    bool add(std::string_view parameter) {
        const std::size_t equals = parameter.find('=');
        if (equals == std::string_view::npos) {
            return false;
        }
        const std::string_view name = without_spaces(parameter.substr(0, equals));
        const std::string_view value = without_spaces(parameter.substr(equals + 1));
        const bool is_new = std::none_of(names_.begin(), names_.end(),
                                         [name](std::string_view other) { return is_same_word(name, other); });
        if (name.empty() || !is_new || !is_parameter_value(value) || names_.size() == parameters_max) {
            return false;
        }
        names_.push_back(name);
        for (const auto& [known, at] : {std::pair{"accounturi", &account_}, {"policy", &policy_}}) {
            if (is_same_word(name, known)) {
                *at = value;
            }
        }
        return !is_same_word(name, "persistUntil") || read_until(value);
    }

    bool read_until(std::string_view text) {
        long long until = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), until);
        until_ = until;
        return error == std::errc() && end == text.data() + text.size();
    }

    bool has_expired(long long now_seconds) const { return until_ && *until_ < now_seconds; }

    static constexpr std::size_t parameters_max = 64;  // each is compared with all before it

    bool is_valid_ = true;
    std::vector<std::string_view> names_{};
    std::string_view account_{};
    std::string_view policy_{};
    std::optional<long long> until_{};
};

}  // namespace

std::string_view name_of(Way way) noexcept {
    switch (way) {
        case Way::tls_alpn_01:
            return "tls-alpn-01";
        case Way::http_01:
            return "http-01";
        case Way::dns_persist_01:
            return "dns-persist-01";
        case Way::dns_01:
            return "dns-01";
    }
    return {};
}

std::optional<Way> read_way(std::string_view name) noexcept {
    for (const Way way : all_ways) {
        if (name == name_of(way)) {
            return way;
        }
    }
    return std::nullopt;
}

bool can_prove(Way way, const Identifier& identifier) noexcept {
    const bool is_dns_way = way == Way::dns_01 || way == Way::dns_persist_01;
    if (!is_dns_way) {
        return !identifier.is_wildcard();
    }
    const std::size_t prefix = way == Way::dns_01 ? challenge_prefix.size() : persist_prefix.size();
    return identifier.type == Identifier::Type::dns &&
           prefix + challenge_host(identifier).size() <= ferrotunnel::limits::host_name_max;
}

std::string dns_record_name(const Identifier& identifier) {
    return std::string(challenge_prefix).append(challenge_host(identifier));
}

std::string dns_record_value(std::string_view key_authorization) {
    return digest_text(key_authorization);
}

std::string persist_record_name(const Identifier& identifier) {
    return std::string(persist_prefix).append(challenge_host(identifier));
}

std::string persist_record_value(std::string_view issuer, std::string_view account_url, bool with_wildcard) {
    std::string value(issuer);
    value.append("; accounturi=").append(account_url);
    return with_wildcard ? value.append("; policy=wildcard") : value;
}

bool is_persist_record(std::string_view record, const std::vector<std::string>& issuers, std::string_view account_url,
                       bool with_wildcard, long long now_seconds) {
    const std::string_view issuer = take_part(record);
    const bool is_ours = !issuer.empty() && std::any_of(issuers.begin(), issuers.end(), [issuer](const auto& other) {
        return is_same_word(issuer, other);
    });
    return is_ours && !account_url.empty() && PersistRecord(record).allows(account_url, with_wildcard, now_seconds);
}

bool is_token(std::string_view text) noexcept {
    return !text.empty() && text.size() <= limits::token_max && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
}

}  // namespace ferrotunnel::acme
