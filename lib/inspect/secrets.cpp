#include "inspect/secrets.hpp"

#include <algorithm>
#include <array>

namespace ferrotunnel::inspect {
namespace {

// Words that mean a secret only as a whole part: "key" is in "monkey", "pin" in "pinned".
constexpr std::array<std::string_view, 59> words_alone{"auth",
                                                       "bearer",
                                                       "cookies",
                                                       "cred",
                                                       "creds",
                                                       "csrf",
                                                       "cvc",
                                                       "cvv",
                                                       "hmac",
                                                       "key",
                                                       "mnemonic",
                                                       "oauth",
                                                       "otp",
                                                       "pass",
                                                       "passcode",
                                                       "passkey",
                                                       "passwords",
                                                       "pin",
                                                       "psk",
                                                       "psw",
                                                       "pswd",
                                                       "pw",
                                                       "secrets",
                                                       "sessid",
                                                       "session",
                                                       "sid",
                                                       "sig",
                                                       "signature",
                                                       "ssn",
                                                       "totp",
                                                       "xsrf",
                                                       "adminpass",
                                                       "dbpass",
                                                       "keypass",
                                                       "rootpass",
                                                       "sshpass",
                                                       "storepass",
                                                       "userpass",
                                                       "accesscode",
                                                       "authcode",
                                                       "authorizationcode",
                                                       "backupcode",
                                                       "confirmationcode",
                                                       "devicecode",
                                                       "logincode",
                                                       "mfa",
                                                       "mfacode",
                                                       "pincode",
                                                       "recoverycode",
                                                       "securitycode",
                                                       "smscode",
                                                       "usercode",
                                                       "verificationcode",
                                                       "cardnumber",
                                                       "connectionstring",
                                                       "kennwort",
                                                       "passwort",
                                                       "recoveryphrase",
                                                       "seedphrase"};
// Words that mean one at the end of a part, too, since names are also written in one word: "newpassword", "csrftoken".
constexpr std::array<std::string_view, 28> words_at_end{
    "apikey",     "accesskey",   "accountkey", "assertion",   "authkey",    "authorization", "cookie",
    "credential", "credentials", "cryptkey",   "cryptionkey", "jwt",        "licensekey",    "masterkey",
    "passphrase", "passwd",      "password",   "privatekey",  "privkey",    "pwd",           "secret",
    "secretkey",  "sessionid",   "sessionkey", "sharedkey",   "signingkey", "sshkey",        "token"};
// Parts that, after one of those, describe a secret other than by its value.
constexpr std::array<std::string_view, 16> words_about{
    "alg",    "algorithm", "count",  "enabled",  "endpoint",  "expiration", "expires", "expiry",
    "length", "limit",     "policy", "required", "supported", "ttl",        "type",    "types"};
// Shorter words have no plural: "pins" and "sigs" are other things.
constexpr std::size_t plural_min = 5;

bool is_upper(char c) noexcept {
    return c >= 'A' && c <= 'Z';
}
bool is_lower(char c) noexcept {
    return c >= 'a' && c <= 'z';
}
bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

// Whether a part begins between two neighbours of a name. In "APIKey" and "APIkey" it is unclear where the second word
// begins, so it may be before and after the last capital letter.
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

// A name reduced to letters and digits, and where its parts begin.
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
        find_ends();
        find_about();
    }

    const std::string& plain() const noexcept { return plain_; }
    std::size_t size() const noexcept { return plain_.size(); }
    bool begins(std::size_t at) const noexcept { return begins_[at] == '1'; }
    /// Whether a part ends before this place, or has only digits from there on.
    bool ends(std::size_t at) const noexcept { return ends_[at] == '1'; }
    /// Whether the word begins at this place.
    bool has(std::string_view word, std::size_t at) const noexcept {
        return plain_[at] == word.front() && std::string_view(plain_).substr(at).starts_with(word);
    }
    bool has_before(std::size_t end, std::string_view word) const noexcept {
        return end > 0 && plain_[end - 1] == word.back() && std::string_view(plain_).substr(0, end).ends_with(word);
    }
    /// Whether a later part shows that the name only describes a secret.
    bool is_about(std::size_t at) const noexcept { return last_about_ != none && last_about_ >= at; }

private:
    static constexpr std::size_t none = static_cast<std::size_t>(-1);

    void find_ends() {
        ends_.assign(plain_.size() + 1, '1');
        for (std::size_t at = plain_.size(); at-- > 0;) {
            const bool has_end = begins(at) || (is_digit(plain_[at]) && ends(at + 1));
            ends_[at] = has_end ? '1' : '0';
        }
    }
    void find_about() {
        for (std::size_t at = 0; at < plain_.size(); ++at) {
            const auto is_part = [&](std::string_view word) { return has(word, at) && ends(at + word.size()); };
            if (begins(at) && std::any_of(words_about.begin(), words_about.end(), is_part)) {
                last_about_ = at;
            }
        }
    }

    std::string plain_;
    std::string begins_;  // for each character of `plain_`: '1' where a part begins
    std::string ends_;    // likewise, and one for its end
    std::size_t last_about_ = none;
};

bool is_count(std::string_view value) noexcept {
    constexpr std::string_view digits = "0123456789.+-eE ";
    return value == "true" || value == "false" || value == "null" ||
           (value.size() < deciding_bytes && value.find_first_not_of(digits) == std::string_view::npos);
}

bool is_list_of_objects(std::string_view value) noexcept {
    constexpr std::string_view blanks = " \t\r\n";
    if (!value.starts_with('[')) {
        return false;
    }
    const std::size_t first = value.find_first_not_of(blanks, 1);
    return first != std::string_view::npos && value[first] == '{';
}

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

Secrets::Verdict Secrets::classify(std::string_view name) const {
    if (!on_ || name.empty()) {
        return Verdict::no;
    }
    const SplitName split(name);
    Verdict found = Verdict::no;
    // A word that ends at `end`: the name has it, has it in the plural, or continues.
    const auto match = [&](std::string_view word, std::size_t end) {
        if (split.is_about(end) || (word == "key" && split.has_before(end - word.size(), "public"))) {
            return false;
        }
        if (split.ends(end)) {
            return true;
        }
        const bool has_plural = word.size() >= plural_min || word == "key" || word == "token";
        if (has_plural && split.plain()[end] == 's' && split.ends(end + 1)) {
            found = Verdict::plural;
        }
        return false;
    };
    for (std::size_t at = 0; at < split.size(); ++at) {
        const auto begins_here = [&](std::string_view word) {
            return split.has(word, at) && match(word, at + word.size());
        };
        const auto ends_here = [&](std::string_view word) {
            return split.has_before(at + 1, word) && match(word, at + 1);
        };
        if ((split.begins(at) && std::any_of(words_.begin(), words_.end(), begins_here)) ||
            std::any_of(words_at_end.begin(), words_at_end.end(), ends_here)) {
            return Verdict::always;
        }
    }
    return found;
}

bool Secrets::hides(std::string_view name, std::string_view value) const {
    const Verdict verdict = classify(name);
    if (verdict != Verdict::plural) {
        return verdict == Verdict::always;
    }
    const bool is_collection = (name == "keys" || name == "sessions") && is_list_of_objects(value);
    return !is_count(value) && !is_collection;
}

bool Secrets::hides_parameter(std::string_view name, std::string_view value) const {
    return (on_ && name == "code") || hides(name, value);
}

}  // namespace ferrotunnel::inspect
