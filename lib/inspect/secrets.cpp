#include "inspect/secrets.hpp"

#include <algorithm>

namespace ferrotunnel::inspect {

std::string plain_name(std::string_view name) {
    std::string plain;
    plain.reserve(name.size());
    for (const char c : name) {
        const bool is_upper = c >= 'A' && c <= 'Z';
        if (is_upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            plain += is_upper ? static_cast<char>(c - 'A' + 'a') : c;
        }
    }
    return plain;
}

const std::vector<std::string>& usual_secrets() {
    static const std::vector<std::string> words{"apikey",     "accesskey",   "assertion",  "authorization", "cookie",
                                                "credential", "credentials", "jwt",        "passphrase",    "passwd",
                                                "password",   "privatekey",  "pwd",        "secret",        "secretkey",
                                                "sessionid",  "sessionkey",  "signingkey", "token"};
    return words;
}

Secrets::Secrets(bool on, const std::vector<std::string>& words) : on_(on) {
    if (!on) {
        return;
    }
    words_ = usual_secrets();
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
    const std::string plain = plain_name(name);
    return std::any_of(words_.begin(), words_.end(),
                       [&](const std::string& word) { return std::string_view(plain).ends_with(word); });
}

}  // namespace ferrotunnel::inspect
