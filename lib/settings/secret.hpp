// Secrets in settings: values that can be copied and compared, and tokens and passwords in a file.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "config/reader.hpp"
#include "config/secret_text.hpp"
#include "ferrotunnel/secret.hpp"

namespace ferrotunnel::detail {

struct ConfigReading;

class CopyableSecret : public Secret {
public:
    CopyableSecret() noexcept = default;
    CopyableSecret(Secret&& secret) noexcept : Secret(std::move(secret)) {}  // NOLINT(google-explicit-constructor)
    CopyableSecret(const CopyableSecret& other) : Secret(other.copy()) {}
    CopyableSecret(CopyableSecret&&) noexcept = default;
    CopyableSecret& operator=(const CopyableSecret& other) {
        Secret::operator=(other.copy());
        return *this;
    }
    CopyableSecret& operator=(CopyableSecret&&) noexcept = default;
    ~CopyableSecret() = default;

    /// Compares the texts; where they came from does not matter.
    friend bool operator==(const CopyableSecret& a, const CopyableSecret& b) noexcept {
        return a.reveal() == b.reveal();
    }
};

/// Reads a token: `file:PATH`, `env:NAME`, or the text itself, which gives a warning unless it comes from a variable.
/// Reports a problem and returns nothing if it is not a token.
std::optional<Secret> read_token(config::Value value, ConfigReading& reading);

/// Reads a password: `file:PATH`, `env:NAME`, or the text itself, as with a token.
std::optional<Secret> read_password(config::Value value, ConfigReading& reading);

/// Warns about a secret in the file itself, unless it comes from a variable. `what`: "a token".
void warn_of_inline_secret(const config::Value& value, const std::string& what, ConfigReading& reading);

/// The source for config::read_secret(): files are registered as files of the configuration. `word`: the secret's name
/// in problems.
config::SecretSource secret_source(ConfigReading& reading, const std::string& word = "secret");

/// The file that a token is in; empty if it is not in a file.
std::string token_file_of(const config::Value& value);
/// The token's name in logs: that of its file; empty if it is not in a file.
std::string token_name_of(const config::Value& value);

}  // namespace ferrotunnel::detail
