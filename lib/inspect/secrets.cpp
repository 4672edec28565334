#include "inspect/secrets.hpp"

#include <algorithm>
#include <array>

namespace ferrotunnel::inspect {
namespace {

// Words that mean a secret only where they stand by themselves: "key" is in "monkey", "pin" in "pinned".
constexpr std::array<std::string_view, 27> words_alone{
    "auth",  "cookies", "cred",   "creds",    "csrf",    "cvc",       "cvv",       "hmac", "key",
    "oauth", "otp",     "pass",   "passcode", "passkey", "passwords", "pin",       "psk",  "psw",
    "pw",    "secrets", "sessid", "session",  "sid",     "sig",       "signature", "totp", "xsrf"};
// Words that mean one at the end of a part, too, since names are also written in one: "newpassword", "csrftoken".
constexpr std::array<std::string_view, 19> words_at_end{
    "apikey",    "accesskey",  "assertion",  "authorization", "cookie",     "credential", "credentials",
    "jwt",       "passphrase", "passwd",     "password",      "privatekey", "pwd",        "secret",
    "secretkey", "sessionid",  "sessionkey", "signingkey",    "token"};

bool is_upper(char c) noexcept {
    return c >= 'A' && c <= 'Z';
}
bool is_lower(char c) noexcept {
    return c >= 'a' && c <= 'z';
}
bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

// Whether a part begins between two neighbours of a name. Of "APIKey" and "APIkey" nobody knows where the second word
// begins, so it may be before and behind the last capital letter.
bool begins_part(std::string_view name, std::size_t at) noexcept {
    const char c = name[at];
    const char before = at == 0 ? '-' : name[at - 1];
    if (!is_upper(before) && !is_lower(before)) {
        return !is_digit(c) || !is_digit(before);
    }
    if (is_upper(c)) {
        return is_lower(before) || (at + 1 < name.size() && is_lower(name[at + 1]));
    }
    return is_lower(c) && is_upper(before) && at >= 2 && is_upper(name[at - 2]);
}

// A name without what is neither a letter nor a digit, and where its parts begin.
class SplitName {
public:
    explicit SplitName(std::string_view name) {
        plain_.reserve(name.size());
        begins_.reserve(name.size());
        for (std::size_t at = 0; at < name.size(); ++at) {
            const char c = name[at];
            if (is_upper(c) || is_lower(c) || is_digit(c)) {
                plain_ += is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
                begins_ += begins_part(name, at) ? '1' : '0';
            }
        }
    }

    const std::string& plain() const noexcept { return plain_; }
    std::size_t size() const noexcept { return plain_.size(); }
    bool begins(std::size_t at) const noexcept { return begins_[at] == '1'; }
    /// Whether a part ends before this place, or has only digits from there on.
    bool ends(std::size_t at) const noexcept {
        while (at < plain_.size() && is_digit(plain_[at]) && !begins(at)) {
            ++at;
        }
        return at == plain_.size() || begins(at);
    }
    /// Whether the word begins at this place, and a part ends with it.
    bool has(std::string_view word, std::size_t at) const noexcept {
        return plain_[at] == word.front() && std::string_view(plain_).substr(at).starts_with(word) &&
               ends(at + word.size());
    }
    bool has_before(std::size_t end, std::string_view word) const noexcept {
        return plain_[end - 1] == word.back() && std::string_view(plain_).substr(0, end).ends_with(word);
    }

private:
    std::string plain_;
    std::string begins_;  // for each character of `plain_`: '1' where a part begins
};

}  // namespace

std::string plain_name(std::string_view name) {
    return SplitName(name).plain();
}

Secrets::Secrets(bool on, const std::vector<std::string>& words) : on_(on) {
    if (!on) {
        return;
    }
    words_.assign(words_alone.begin(), words_alone.end());
    for (const std::string& word : words) {
        if (std::string plain = plain_name(word); !plain.empty()) {
            words_.push_back(std::move(plain));
        }
    }
}

bool Secrets::is_secret(std::string_view name) const {
    if (!on_ || name.empty()) {
        return false;
    }
    const SplitName split(name);
    for (std::size_t at = 0; at < split.size(); ++at) {
        if (split.begins(at) &&
            std::any_of(words_.begin(), words_.end(), [&](std::string_view word) { return split.has(word, at); })) {
            return true;
        }
        if (const std::size_t end = at + 1;
            split.ends(end) && std::any_of(words_at_end.begin(), words_at_end.end(),
                                           [&](std::string_view word) { return split.has_before(end, word); })) {
            return true;
        }
    }
    return false;
}

}  // namespace ferrotunnel::inspect
